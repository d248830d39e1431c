#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/net.h"
#include "netlink/link.h"
#include "netlink/namespace.h"
#include "netlink/route.h"

// A pod's link: a veth pair with one end created inside the pod's namespace. Creating it there
// takes half a millisecond; moving it there afterwards would wait about 30 ms in the kernel.
namespace kvs::netlink {

struct Veth {
  std::string name;        // of this end
  std::optional<Mac> mac;  // of this end; none: the kernel makes one up
  uint32_t mtu = 1500;     // of both ends, bytes
  uint32_t group = 0;
  std::string alias;       // of this end; at most kMaxLinkAlias bytes
  bool link_local = true;  // the kernel gives this end an IPv6 address, with its routes
  std::string peer_name;   // in the other namespace
  std::optional<Mac> peer_mac;
};

// Creates both ends and sets this one up, in the socket's namespace: one request, and a second one
// for the alias and `link_local`, which the kernel only accepts for an existing link. If the
// process is killed between the two, there is a link of the group without alias. Errors: EEXIST if
// either name exists (nothing is changed then), ERANGE if a name is too long, E2BIG if the alias is
// too long.
Result<> CreateVeth(Socket& socket, const Veth& veth, const Namespace& peer);

// The configuration of the pod's end: addresses of this pod only (/32, /128, no duplicate address
// detection), and routes through next hops that need no address resolution.
struct PodEnd {
  std::vector<Ip> addresses;  // one per family at most is usual, more are fine
  std::vector<Ip> gateways;   // one per family, on the link though in no prefix of it
  Mac gateway_mac;
  std::vector<Route> routes;  // over the link, whose index need not be in them
};

// Requests for a socket inside the pod's namespace, where `link` is the index of the pod's end: lo
// and the link up, addresses, permanent neighbours, routes. No existing route is replaced: EEXIST
// if the namespace has one with the same destination and metric, by whatever link.
std::vector<Request> ConfigurePodEnd(int link, const PodEnd& end);

}  // namespace kvs::netlink
