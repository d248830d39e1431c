#pragma once

#include <cstdint>

namespace kvs::flow {

// The number of a switch's port (OpenFlow 1.5.1, 7.2.1): 1 to 0xffffff00, in Open vSwitch to 65279,
// or one of the reserved ports. In OVSDB it is the integer Interface.ofport (ovsdb/schema.h), where
// -1 means that the port could not be opened.
using OfPort = uint32_t;

inline constexpr OfPort kPortInPort = 0xfffffff8;      // OFPP_IN_PORT
inline constexpr OfPort kPortTable = 0xfffffff9;       // OFPP_TABLE
inline constexpr OfPort kPortNormal = 0xfffffffa;      // OFPP_NORMAL
inline constexpr OfPort kPortFlood = 0xfffffffb;       // OFPP_FLOOD
inline constexpr OfPort kPortAll = 0xfffffffc;         // OFPP_ALL
inline constexpr OfPort kPortController = 0xfffffffd;  // OFPP_CONTROLLER
inline constexpr OfPort kPortLocal = 0xfffffffe;       // OFPP_LOCAL
inline constexpr OfPort kPortAny = 0xffffffff;         // OFPP_ANY

// OpenFlow 1.0 and some of Nicira's actions have 16 bits for a port, the low ones: reserved ports
// are 0xfff8 to 0xffff there.
constexpr uint16_t ShortPort(OfPort port) { return static_cast<uint16_t>(port); }
constexpr OfPort FromShortPort(uint16_t port) {
  return port < ShortPort(kPortInPort) ? port : 0xffff0000 | port;
}

}  // namespace kvs::flow
