#include "base/net.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/hash.h"
#include "base/number.h"

namespace kvs {
namespace {

// Shifts are on 128 bits, so that one piece of code serves both families.
using Wide = unsigned __int128;

Wide ToWide(const Ip& ip) {
  Wide value = 0;
  for (size_t i = 0; i < ip.size(); ++i) value = value << 8 | ip.data()[i];
  return value;
}

Ip FromWide(Wide value, bool six) {
  if (!six) return Ip4::FromInt(static_cast<uint32_t>(value));
  Ip6 ip;
  for (size_t i = 16; i-- > 0; value >>= 8) ip.bytes[i] = static_cast<uint8_t>(value);
  return ip;
}

Wide MaskOf(int length, int bits) {
  if (length == 0) return 0;
  return ~Wide{0} >> (128 - length) << (bits - length);
}

template <class T>
Result<std::vector<T>> ParseList(std::string_view text) {
  std::vector<T> all;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    auto one = T::Parse(text.substr(0, comma));
    if (!one) return tl::unexpected(one.error());
    all.push_back(*one);
    text = comma == text.npos ? std::string_view{} : text.substr(comma + 1);
  }
  return all;
}

template <class T>
std::string JoinList(const std::vector<T>& all) {
  std::string text;
  for (const T& one : all) text += (text.empty() ? "" : ",") + one.ToString();
  return text;
}

std::string_view View(const void* data, size_t size) {
  return {static_cast<const char*>(data), size};
}

}  // namespace

Result<Mac> Mac::Parse(std::string_view text) {
  Mac mac;
  bool good = text.size() == 17;
  for (size_t i = 0; good && i < 6; ++i) {
    const char* at = text.data() + 3 * i;
    good = std::from_chars(at, at + 2, mac.bytes[i], 16).ptr == at + 2 && (i == 5 || at[2] == ':');
  }
  if (!good) return Fail("\"{}\" is not a MAC address (expected xx:xx:xx:xx:xx:xx)", text);
  return mac;
}

std::string Mac::ToString() const {
  return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", bytes[0], bytes[1], bytes[2],
                     bytes[3], bytes[4], bytes[5]);
}

Ip4 Ip4::FromInt(uint32_t value) {
  return {{static_cast<uint8_t>(value >> 24), static_cast<uint8_t>(value >> 16),
           static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)}};
}

uint32_t Ip4::ToInt() const { return static_cast<uint32_t>(ToWide(*this)); }

std::string Ip4::ToString() const { return Ip(*this).ToString(); }
std::string Ip6::ToString() const { return Ip(*this).ToString(); }

Ip::Ip(Ip4 ip) { std::ranges::copy(ip.bytes, bytes_.begin()); }
Ip::Ip(Ip6 ip) : six_(true), bytes_(ip.bytes) {}

Result<Ip> Ip::Parse(std::string_view text) {
  const std::string zero_ended(text);
  const bool whole = text.find('\0') == text.npos;  // inet_pton(3) would not see the rest
  Ip4 four;
  if (whole && inet_pton(AF_INET, zero_ended.c_str(), four.bytes.data()) == 1) return four;
  Ip6 six;
  if (whole && inet_pton(AF_INET6, zero_ended.c_str(), six.bytes.data()) == 1) return six;
  return Fail("\"{}\" is not an IP address", text);
}

Ip4 Ip::v4() const {
  Ip4 ip;
  std::copy_n(bytes_.begin(), 4, ip.bytes.begin());
  return ip;
}

Ip6 Ip::v6() const { return Ip6{bytes_}; }

std::string Ip::ToString() const {
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(six_ ? AF_INET6 : AF_INET, bytes_.data(), text, sizeof text);
}

Prefix::Prefix(Ip address, int length)
    : address_(FromWide(ToWide(address) & MaskOf(length, address.bits()), address.is6())),
      length_(length) {}

Result<Prefix> Prefix::Parse(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == text.npos) return Fail("\"{}\" is not a range in CIDR notation (no /length)", text);
  auto ip = Ip::Parse(text.substr(0, slash));
  if (!ip) return Wrap(fmt::format("range \"{}\"", text), ip.error());
  const auto length = WholeNumber<int>(text.substr(slash + 1));
  if (!length || *length < 0 || *length > ip->bits())
    return Fail("range \"{}\": the length must be 0 to {}", text, ip->bits());
  Prefix prefix(*ip, *length);
  if (prefix.address() != *ip)
    return Fail("range \"{}\" has host bits set; did you mean {}?", text, prefix);
  return prefix;
}

Ip Prefix::mask() const { return FromWide(MaskOf(length_, address_.bits()), address_.is6()); }

bool Prefix::Contains(const Ip& ip) const {
  if (ip.family() != address_.family()) return false;
  return ((ToWide(ip) ^ ToWide(address_)) & MaskOf(length_, ip.bits())) == 0;
}

bool Prefix::Contains(const Prefix& other) const {
  return other.length_ >= length_ && Contains(other.address_);
}

uint64_t Prefix::size() const { return uint64_t{1} << std::min(63, address_.bits() - length_); }

std::optional<Ip> Prefix::At(uint64_t index) const {
  const int host_bits = address_.bits() - length_;
  if (host_bits < 64 && index >> host_bits != 0) return std::nullopt;
  return FromWide(ToWide(address_) + index, address_.is6());
}

std::optional<uint64_t> Prefix::IndexOf(const Ip& ip) const {
  if (!Contains(ip)) return std::nullopt;
  const Wide index = ToWide(ip) - ToWide(address_);
  if (index >> 63 != 0) return std::nullopt;
  return static_cast<uint64_t>(index);
}

std::string Prefix::ToString() const { return fmt::format("{}/{}", address_.ToString(), length_); }

Result<std::vector<Ip>> ParseIps(std::string_view text) { return ParseList<Ip>(text); }
Result<std::vector<Prefix>> ParsePrefixes(std::string_view text) { return ParseList<Prefix>(text); }
std::string Join(const std::vector<Ip>& ips) { return JoinList(ips); }
std::string Join(const std::vector<Prefix>& prefixes) { return JoinList(prefixes); }

}  // namespace kvs

size_t std::hash<kvs::Mac>::operator()(const kvs::Mac& mac) const noexcept {
  return kvs::StableHash(kvs::View(mac.bytes.data(), mac.bytes.size()));
}
size_t std::hash<kvs::Ip>::operator()(const kvs::Ip& ip) const noexcept {
  return kvs::StableHash(kvs::View(ip.data(), ip.size()));
}
size_t std::hash<kvs::Prefix>::operator()(const kvs::Prefix& prefix) const noexcept {
  return std::hash<kvs::Ip>{}(prefix.address()) * 131 + static_cast<size_t>(prefix.length());
}
