#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"

namespace kvs::probe {

// From so many bytes on a datagram's answer is as large as the datagram: the greeting takes the
// place of its first bytes.
inline constexpr size_t kSmallDatagram = 512;

// The process of a lab's pod: greets whoever connects (TCP) or sends a datagram (UDP) with a line,
// its identity, a blank and the address that it sees, then gives back what it gets. Both
// families, all addresses. Returns only on failure.
Result<> ServeEcho(const std::string& identity, uint16_t port);

}  // namespace kvs::probe
