#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "netlink/socket.h"

// The little of nftables that must be fast, or often; rulesets are nft(8)'s. `socket` is one of
// Socket::OpenNetfilter().
namespace kvs::netlink {

inline constexpr const char* kNftTable = "k-vswitch";  // ours, of families inet and netdev

// Makes the kernel's own network stack deaf on a link: an nftables chain on its ingress hook with
// policy drop (table netdev k-vswitch, one chain per link). Packet sockets, by which Open vSwitch's
// userspace datapath reads, come before that hook and still see everything. Kernels before 6.16
// want the link to be there, and delete the chain with it.
//
// What is there in its place goes with the same transaction. Errors: ENOENT if there is no such
// link.
Result<> DropIngress(Socket& socket, std::string_view link);
// Errors: ENOENT.
Result<> AllowIngress(Socket& socket, std::string_view link);

struct IngressDrop {
  std::string link;
  bool whole = true;  // it drops everything: its hook and policy are as made, and no rule is in it
};
Result<std::vector<IngressDrop>> DumpIngressDrops(Socket& socket);

// Whether there is a table of this name. `family`: NFPROTO_INET, NFPROTO_NETDEV.
Result<bool> HasTable(Socket& socket, uint8_t family, std::string_view table);

}  // namespace kvs::netlink
