#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "netlink/socket.h"

namespace kvs::netlink {

// The content of an nftables table: its flags, base chains with hook, priority and policy, rules
// with all expressions in order, sets and their elements. Two tables of one name have the same
// content if they do the same with every packet; handles and use counts, which change when a table
// is written again, are left out. Returned as a hash, because contents are only compared.
//
// nullopt: there is no such table. `family`: NFPROTO_INET ... `socket`: Socket::OpenNetfilter().
Result<std::optional<uint64_t>> ReadTableContent(Socket& socket, uint8_t family,
                                                 std::string_view table);

}  // namespace kvs::netlink
