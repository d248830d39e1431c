#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/net.h"
#include "netlink/socket.h"

// The connections that the kernel tracks, by ctnetlink (linux/netfilter/nfnetlink_conntrack.h). The
// kernel's datapath of Open vSwitch keeps its own among them, each in its zone. All of this takes a
// Socket::OpenNetfilter() and walks the whole table: it is work for a thread.
namespace kvs::netlink {

struct Connection {
  uint16_t zone = 0;
  Ip client;                // began it: the source of the original direction
  Ip server;                // answers it: the source of the reply, after any translation
  uint8_t family = 0;       // AF_INET or AF_INET6
  Bytes original;           // CTA_TUPLE_ORIG as the kernel wrote it
  std::optional<Bytes> id;  // CTA_ID, likewise
  // Of TCP, and over: remembered for a while, and the first to go when the table is full.
  bool closed = false;
};

// nullopt: it is no connection, or not one of IPv4 or IPv6. Views `body`.
std::optional<Connection> DecodeConnection(Bytes body);

// How many connections of a zone, closed ones aside, each address began.
Result<std::map<Ip, uint64_t>> CountConnections(Socket& socket, uint16_t zone);

// Forgets the connections of the zones that one of the addresses began or answers. What goes by
// itself meanwhile is no error.
Result<> ForgetConnections(Socket& socket, const std::set<uint16_t>& zones,
                           const std::set<Ip>& addresses);

}  // namespace kvs::netlink
