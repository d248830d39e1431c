#pragma once

#include <cstdint>
#include <string_view>

namespace kvs::netlink {

// What an operator can do if the kernel refuses a request of type `type` (RTM_NEWLINK, ...) with
// this errno; empty if unknown.
std::string_view Remedy(uint16_t type, int code);

}  // namespace kvs::netlink
