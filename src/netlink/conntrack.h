#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "base/net.h"
#include "netlink/socket.h"

// The kernel's connection tracking of one namespace (ctnetlink,
// <linux/netfilter/nfnetlink_conntrack.h>).
namespace kvs::netlink {

// The four addresses of a tracked connection, as it began and as its replies come (they differ
// under NAT).
struct Connection {
  Ip source, destination;
  Ip reply_source, reply_destination;

  bool Involves(const Ip& ip) const {
    return ip == source || ip == destination || ip == reply_source || ip == reply_destination;
  }
};

std::optional<Connection> DecodeConnection(Bytes body);  // of IPCTNL_MSG_CT_NEW

// Forgets every connection, in all zones, that involves one of the addresses: who gets an address
// next must not inherit them. Returns how many. Reads the whole table once, 2-4 us a connection
// (0.4 s for 100,000): flush several addresses together, and not on an event loop. `socket` is one
// of Socket::OpenNetfilter().
Result<size_t> FlushConntrack(Socket& socket, std::span<const Ip> addresses);

}  // namespace kvs::netlink
