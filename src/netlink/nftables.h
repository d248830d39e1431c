#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "netlink/socket.h"

// The few operations on nftables that must be fast or are frequent; nft(8) writes rulesets.
// `socket` is one of Socket::OpenNetfilter().
namespace kvs::netlink {

inline constexpr const char* kNftTable = "k-vswitch";  // ours, of families inet and netdev

// Makes the kernel's own network stack drop all packets that arrive on a link: an nftables chain on
// the link's ingress hook with policy drop (table netdev k-vswitch, one chain per link). Packet
// sockets, by which Open vSwitch's userspace datapath receives, come before that hook and still get
// everything. Kernels before 6.16 require that the link exists, and delete the chain with it.
//
// Replaces an existing chain for the link in one transaction. Errors: ENOENT if there is no such
// link.
Result<> DropIngress(Socket& socket, std::string_view link);
// Errors: ENOENT.
Result<> AllowIngress(Socket& socket, std::string_view link);

struct IngressDrop {
  std::string link;
  bool whole = true;  // it drops everything: its hook and policy are as made, and no rule is in it
};
Result<std::vector<IngressDrop>> DumpIngressDrops(Socket& socket);

// Whether a table of this name exists. `family`: NFPROTO_INET, NFPROTO_NETDEV.
Result<bool> HasTable(Socket& socket, uint8_t family, std::string_view table);

}  // namespace kvs::netlink
