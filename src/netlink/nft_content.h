#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "netlink/socket.h"

namespace kvs::netlink {

// What a table of nftables is: its flags, base chains with hook, priority and policy, rules with
// every expression, in order, sets, and their elements. Two tables of one name have the same
// content if they do the same to every packet; handles and counts of uses, which differ when a
// table is written again, are left out. As a hash: content is compared, and not shown.
//
// nullopt: there is no such table. `family`: NFPROTO_INET ... `socket`: Socket::OpenNetfilter().
Result<std::optional<uint64_t>> ReadTableContent(Socket& socket, uint8_t family,
                                                 std::string_view table);

}  // namespace kvs::netlink
