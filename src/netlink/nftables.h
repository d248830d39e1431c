#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "netlink/socket.h"

// The little of nftables that must be fast, or often; rulesets are nft(8)'s. `socket` is one of
// Socket::OpenNetfilter().
namespace kvs::netlink {

// Makes the kernel's own network stack deaf on a link: an nftables chain on its ingress hook with
// policy drop (table netdev k-vswitch, one chain per link). Packet sockets, by which Open vSwitch's
// userspace datapath reads, come before that hook and still see everything. Kernels before 6.16
// want the link to be there, and delete the chain with it.
//
// Errors: EEXIST if it is so already (found out slowly, 10 ms); ENOENT if there is no such link.
Result<> DropIngress(Socket& socket, std::string_view link);
// Errors: ENOENT.
Result<> AllowIngress(Socket& socket, std::string_view link);
// The links with such a chain.
Result<std::vector<std::string>> DumpIngressDrops(Socket& socket);

// Whether there is a table of this name. `family`: NFPROTO_INET, NFPROTO_NETDEV.
Result<bool> HasTable(Socket& socket, uint8_t family, std::string_view table);

// How many rules a chain of a table of family inet has; 0 if it isn't there.
Result<size_t> CountInetRules(Socket& socket, std::string_view table, std::string_view chain);

}  // namespace kvs::netlink
