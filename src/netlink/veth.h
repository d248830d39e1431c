#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/net.h"
#include "netlink/link.h"
#include "netlink/namespace.h"
#include "netlink/route.h"

// A pod's cable: a veth pair whose one end is born inside the pod's namespace. Moving an end there
// later would cost some 30 ms of waiting in the kernel, being born there costs half of one.
namespace kvs::netlink {

struct Veth {
  std::string name;        // of this end
  std::optional<Mac> mac;  // of this end; none: the kernel makes one up
  uint32_t mtu = 1500;     // of both ends, bytes
  uint32_t group = 0;
  std::string alias;      // of this end; at most kMaxLinkAlias bytes
  std::string peer_name;  // in the other namespace
  std::optional<Mac> peer_mac;
};

// Makes both ends and sets this one up, in the socket's namespace: one request, and a second one
// for the alias, which the kernel takes from none but a link that is there. Whoever is killed
// between them leaves a link of the group without alias. Errors: EEXIST if either name is taken
// (then nothing is touched), ERANGE for a name too long, E2BIG for an alias too long.
Result<> CreateVeth(Socket& socket, const Veth& veth, const Namespace& peer);

// What the pod's end gets: addresses that are its own alone (/32, /128, no duplicate address
// detection), routes through next hops that need no address resolution.
struct PodEnd {
  std::vector<Ip> addresses;  // one per family at most is usual, more are fine
  std::vector<Ip> gateways;   // one per family, on the link though in no prefix of it
  Mac gateway_mac;
  std::vector<Route> routes;  // over the link, whose index need not be in them
};

// To be done on a socket inside the pod's namespace, where `link` is the index of the pod's end:
// lo and the link up, addresses, permanent neighbours, routes. A route is in nobody's place: EEXIST
// if the namespace has one with its destination and metric, over whatever link.
std::vector<Request> ConfigurePodEnd(int link, const PodEnd& end);

}  // namespace kvs::netlink
