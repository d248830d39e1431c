#include "base/usable.h"

#include <algorithm>

namespace kvs {
namespace {

struct Reserved {
  Prefix range;
  const char* use;
};

Prefix Four(uint32_t address, int length) { return Prefix(Ip4::FromInt(address), length); }

Prefix Six(uint8_t first, uint8_t second, int length) {
  Ip6 ip;
  ip.bytes[0] = first;
  ip.bytes[1] = second;
  return Prefix(ip, length);
}

Prefix Mapped() {
  Ip6 ip;
  ip.bytes[10] = ip.bytes[11] = 0xff;
  return Prefix(ip, 96);
}

Prefix Loopback6() {
  Ip6 ip;
  ip.bytes[15] = 1;
  return Prefix::Host(ip);
}

// What a range overlaps of the addresses that no host has for its own; null: nothing.
const Reserved* Overlapped(const Prefix& range) {
  static const Reserved kReserved[] = {
      {Four(0x00000000, 8), "\"this network\" (RFC 791)"},
      {Four(0x7f000000, 8), "loopback (RFC 1122)"},
      {Four(0xa9fe0000, 16), "link-local (RFC 3927)"},
      {Four(0xe0000000, 4), "multicast (RFC 5771)"},
      {Four(0xf0000000, 4), "reserved (RFC 1112) or broadcast"},
      {Loopback6(), "loopback (RFC 4291)"},
      {Mapped(), "IPv4 written as IPv6 (RFC 4291)"},
      {Six(0x00, 0x00, 8), "reserved (RFC 4291)"},
      {Six(0xfe, 0x80, 10), "link-local (RFC 4291)"},
      {Six(0xff, 0x00, 8), "multicast (RFC 4291)"},
  };
  const auto* const at = std::ranges::find_if(
      kReserved, [&](const Reserved& one) { return one.range.Overlaps(range); });
  return at == std::end(kReserved) ? nullptr : at;
}

}  // namespace

std::string WhyNoPodRange(const Prefix& range) {
  if (range.length() < (range.address().is6() ? 16 : 8))
    return fmt::format(
        "{} is too large, because it contains addresses of other networks; choose a range within "
        "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or fd00::/8",
        range);
  if (const auto* reserved = Overlapped(range))
    return fmt::format(
        "{} overlaps {}, which is {} and can't be used for pods or Services; choose another range",
        range, reserved->range, reserved->use);
  return {};
}

std::string WhyNoPodIp(const Ip& ip) {
  if (const auto* reserved = Overlapped(Prefix::Host(ip)))
    return fmt::format("{} is in {}, which is {} and can't be a pod's; choose another address", ip,
                       reserved->range, reserved->use);
  return {};
}

std::string WhyNoOverlayIp(const Ip& ip) {
  if (const auto* reserved = Overlapped(Prefix::Host(ip)))
    return fmt::format(
        "{} is in {}, which is {}: other nodes can't send to it; give the node another address", ip,
        reserved->range, reserved->use);
  return {};
}

}  // namespace kvs
