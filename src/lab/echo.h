#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace kvs::lab {

// The process of a lab's pod: greets whoever connects (TCP) or sends a datagram (UDP) with its
// identity and a newline, then gives back what it gets. Both families, all addresses. Returns only
// on failure.
Result<> ServeEcho(const std::string& identity, uint16_t port);

}  // namespace kvs::lab
