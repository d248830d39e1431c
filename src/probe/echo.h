#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"

namespace kvs::probe {

// A datagram of at least this many bytes is answered with one of the same size: the greeting
// replaces its first bytes.
inline constexpr size_t kSmallDatagram = 512;

// The server process of a lab's pod. On a connection (TCP) or a datagram (UDP) it first sends a
// line with its identity, a blank and the client's address, then echoes what it receives. Both
// families, all addresses. Returns only on failure.
Result<> ServeEcho(const std::string& identity, uint16_t port);

}  // namespace kvs::probe
