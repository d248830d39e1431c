#pragma once

#include <string>

#include "base/net.h"

// What addresses are for, judged by themselves alone (RFC 6890 and the registries it founds).
namespace kvs {

// Why no pod can have an address of this range, with the remedy; empty: pods can. A range is none
// for pods if it overlaps what is not for unicast between hosts (unspecified, loopback, link-local,
// multicast, class E, IPv4 written as IPv6), holds more than 2^24 IPv4 addresses or is shorter
// than an IPv6 /16, as a default route does.
std::string WhyNoPodRange(const Prefix& range);

// Why no pod can have this address, with the remedy; empty: one can.
std::string WhyNoPodIp(const Ip& ip);

// Why the other nodes can't send to this address, with the remedy; empty: they can.
std::string WhyNoOverlayIp(const Ip& ip);

}  // namespace kvs
