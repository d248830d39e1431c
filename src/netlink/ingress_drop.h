#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "netlink/socket.h"

namespace kvs::netlink {

// Makes the kernel's own network stack deaf on a link: an nftables chain on its ingress hook with
// policy drop (table netdev k-vswitch, one chain per link). Packet sockets, by which Open vSwitch's
// userspace datapath reads, come before that hook and still see everything. Kernels before 6.16
// want the link to be there, and delete the chain with it. `socket` is one of
// Socket::OpenNetfilter().

// Errors: EEXIST if it is so already (found out slowly, 10 ms); ENOENT if there is no such link.
Result<> DropIngress(Socket& socket, std::string_view link);
// Errors: ENOENT.
Result<> AllowIngress(Socket& socket, std::string_view link);
// The links with such a chain.
Result<std::vector<std::string>> DumpIngressDrops(Socket& socket);

}  // namespace kvs::netlink
