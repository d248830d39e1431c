#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/net.h"
#include "netlink/socket.h"

// The connections that the kernel tracks, by ctnetlink (linux/netfilter/nfnetlink_conntrack.h).
// Those of Open vSwitch's kernel datapath are among them, each in its zone. All functions take a
// Socket::OpenNetfilter() and walk through the whole table: call them on a thread.
namespace kvs::netlink {

struct Connection {
  uint16_t zone = 0;
  Ip client;                // began it: the source of the original direction
  Ip server;                // answers it: the source of the reply, after any translation
  uint8_t family = 0;       // AF_INET or AF_INET6
  Bytes original;           // CTA_TUPLE_ORIG as the kernel wrote it
  std::optional<Bytes> id;  // CTA_ID, likewise
  // A closed TCP connection: kept for a while, and removed first when the table is full.
  bool closed = false;
};

// nullopt: not a connection, or one that is neither IPv4 nor IPv6. The result refers to `body`.
std::optional<Connection> DecodeConnection(Bytes body);

// The number of connections of a zone by client, without closed ones.
Result<std::map<Ip, uint64_t>> CountConnections(Socket& socket, uint16_t zone);

// Deletes the connections of the zones with one of the addresses as client or server. No error if
// one ends by itself meanwhile.
Result<> ForgetConnections(Socket& socket, const std::set<uint16_t>& zones,
                           const std::set<Ip>& addresses);

}  // namespace kvs::netlink
