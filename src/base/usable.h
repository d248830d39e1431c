#pragma once

#include <string>

#include "base/net.h"

// What an address can be used for, by the special-purpose registries (RFC 6890).
namespace kvs {

// Why no pod can have an address of this range, with the remedy; empty if pods can. A range is
// unsuitable if it overlaps addresses that are not for unicast between hosts (unspecified,
// loopback, link-local, multicast, class E, IPv4-mapped IPv6), if it has more than 2^24 IPv4
// addresses, or if it is shorter than an IPv6 /16, as a default route is.
std::string WhyNoPodRange(const Prefix& range);

// Why no pod can have this address, with the remedy; empty if one can.
std::string WhyNoPodIp(const Ip& ip);

// Why the other nodes can't send to this address, with the remedy; empty if they can.
std::string WhyNoOverlayIp(const Ip& ip);

}  // namespace kvs
