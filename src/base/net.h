#pragma once

#include <fmt/format.h>

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// Addresses as values: bytes in network order, so they are compared and hashed as bytes and go on
// the wire as stored. Text is as in RFC 5952 (IPv6), dotted quad (IPv4) and xx:xx:xx:xx:xx:xx
// (MAC).
namespace kvs {

inline constexpr int kLeastMtu6 = 1280;  // IPv6's minimum link MTU (RFC 8200, 5)

struct Mac {
  std::array<uint8_t, 6> bytes{};

  static Result<Mac> Parse(std::string_view text);
  std::string ToString() const;
  friend auto operator<=>(const Mac&, const Mac&) = default;
};

// An IPv4 address (RFC 791).
struct Ip4 {
  std::array<uint8_t, 4> bytes{};

  static Ip4 FromInt(uint32_t host_order);
  uint32_t ToInt() const;
  std::string ToString() const;
  friend auto operator<=>(const Ip4&, const Ip4&) = default;
};

// An IPv6 address (RFC 4291).
struct Ip6 {
  std::array<uint8_t, 16> bytes{};

  std::string ToString() const;
  friend auto operator<=>(const Ip6&, const Ip6&) = default;
};

enum class Family : uint8_t { kIpv4, kIpv6 };
inline constexpr Family kFamilies[] = {Family::kIpv4, Family::kIpv6};

// One value per address family.
template <class T>
struct PerFamily {
  std::array<T, 2> values;  // IPv4, IPv6

  T& operator[](Family family) { return values[static_cast<size_t>(family)]; }
  const T& operator[](Family family) const { return values[static_cast<size_t>(family)]; }
};

// An address of either family. An IPv4 address uses the first four bytes; the rest is zero.
class Ip {
 public:
  Ip() = default;  // 0.0.0.0
  Ip(Ip4 ip);      // NOLINT(google-explicit-constructor): an Ip4 is an Ip
  Ip(Ip6 ip);      // NOLINT(google-explicit-constructor): an Ip6 is an Ip

  static Result<Ip> Parse(std::string_view text);

  bool is4() const { return !six_; }
  bool is6() const { return six_; }
  Family family() const { return six_ ? Family::kIpv6 : Family::kIpv4; }
  int bits() const { return six_ ? 128 : 32; }
  Ip4 v4() const;  // only if is4()
  Ip6 v6() const;  // only if is6()
  const uint8_t* data() const { return bytes_.data(); }
  size_t size() const { return six_ ? 16 : 4; }
  std::string ToString() const;

  friend auto operator<=>(const Ip&, const Ip&) = default;

 private:
  bool six_ = false;
  std::array<uint8_t, 16> bytes_{};
};

// A range of addresses in CIDR notation; its host bits are zero. Parse() refuses set host bits and
// names the range with these bits cleared.
class Prefix {
 public:
  Prefix() = default;
  Prefix(Ip address, int length);  // host bits are cleared
  static Prefix Host(Ip address) { return Prefix(address, address.bits()); }
  static Result<Prefix> Parse(std::string_view text);

  const Ip& address() const { return address_; }
  Family family() const { return address_.family(); }
  int length() const { return length_; }
  Ip mask() const;
  bool Contains(const Ip& ip) const;
  bool Contains(const Prefix& other) const;
  bool Overlaps(const Prefix& other) const { return Contains(other) || other.Contains(*this); }
  // Number of addresses; 2^63 if there are more.
  uint64_t size() const;
  // The address `index` places after address(); nullopt if that is outside the range.
  std::optional<Ip> At(uint64_t index) const;
  // The inverse of At(); nullopt if `ip` is outside the range or at index 2^63 or above.
  std::optional<uint64_t> IndexOf(const Ip& ip) const;
  std::string ToString() const;

  friend auto operator<=>(const Prefix&, const Prefix&) = default;

 private:
  Ip address_;
  int length_ = 0;
};

// Comma-separated lists, as in external_ids and flags. Empty text is an empty list.
Result<std::vector<Ip>> ParseIps(std::string_view text);
Result<std::vector<Prefix>> ParsePrefixes(std::string_view text);
std::string Join(const std::vector<Ip>& ips);
std::string Join(const std::vector<Prefix>& prefixes);

}  // namespace kvs

template <class T>
requires std::same_as<T, kvs::Mac> || std::same_as<T, kvs::Ip4> || std::same_as<T, kvs::Ip6> ||
    std::same_as<T, kvs::Ip> || std::same_as<T, kvs::Prefix>
struct fmt::formatter<T> : fmt::formatter<std::string_view> {
  auto format(const T& value, fmt::format_context& context) const {
    return fmt::formatter<std::string_view>::format(value.ToString(), context);
  }
};

template <>
struct std::hash<kvs::Mac> {
  size_t operator()(const kvs::Mac& mac) const noexcept;
};
template <>
struct std::hash<kvs::Ip> {
  size_t operator()(const kvs::Ip& ip) const noexcept;
};
template <>
struct std::hash<kvs::Prefix> {
  size_t operator()(const kvs::Prefix& prefix) const noexcept;
};
