#pragma once

#include <cstdint>
#include <string_view>

namespace kvs::netlink {

// What an operator can do where the kernel refuses a request of type `type` (RTM_NEWLINK, ...) with
// this errno; empty where that is not known.
std::string_view Remedy(uint16_t type, int code);

}  // namespace kvs::netlink
