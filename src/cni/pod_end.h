#pragma once

#include <string_view>
#include <vector>

#include "base/net.h"
#include "cni/call.h"
#include "netlink/namespace.h"
#include "netlink/route.h"
#include "netlink/veth.h"

// The pod's interface: its addresses belong to this pod only, and everything else is behind one
// virtual next hop per family, with a constant MAC address. The switch answers for the next hop.
namespace kvs::cni {

inline constexpr Ip4 kGateway4{{169, 254, 1, 1}};
inline constexpr Ip6 kGateway6{{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0a, 0, 0x01}};
inline constexpr Mac kGatewayMac{{0x0a, 0x58, 0xa9, 0xfe, 0x01, 0x01}};

inline Ip GatewayOf(const Ip& ip) { return ip.is4() ? Ip(kGateway4) : Ip(kGateway6); }

// Waits until no other ADD works in the pod's namespace: to a second ADD, the unfinished work of
// the first would look like that of a killed one, and be deleted. The lock is held until `pod` is
// destroyed, or the process ends. Fails with kTryLater.
Outcome<> AwaitTurn(const netlink::Namespace& pod, const Env& env, Deadline deadline);

// A default route for each family of `ips`, and a route for each destination of `more` that isn't a
// default route.
std::vector<CniResult::Route> RoutesFor(const std::vector<Ip>& ips,
                                        const std::vector<CniResult::Route>& more);

// The routes of `wanted` that may be added on the pod's link `link`, where `there` are the routes
// of its namespace: a destination that another link has a route to is left to that link, whatever
// the metric.
std::vector<CniResult::Route> WithoutOthers(std::vector<CniResult::Route> wanted,
                                            const std::vector<netlink::Route>& there, int link);

// The requests that configure the pod's end `link` with these addresses and routes, as one batch.
// Without a default route in `routes`, the next hop gets a route of its own, so that routes through
// it can be added later (by plugin sbr, by Multus' "default-route", by hand).
std::vector<netlink::Request> ConfigurePod(int link, const std::vector<Ip>& ips,
                                           const std::vector<CniResult::Route>& routes);

}  // namespace kvs::cni
