#pragma once

#include <string_view>
#include <vector>

#include "base/net.h"
#include "cni/call.h"
#include "netlink/namespace.h"
#include "netlink/route.h"
#include "netlink/veth.h"

// What every pod's interface looks like: its addresses are its alone, and everything else is behind
// one virtual next hop per family, whose MAC address is constant. The switch answers for it.
namespace kvs::cni {

inline constexpr Ip4 kGateway4{{169, 254, 1, 1}};
inline constexpr Ip6 kGateway6{{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0a, 0, 0x01}};
inline constexpr Mac kGatewayMac{{0x0a, 0x58, 0xa9, 0xfe, 0x01, 0x01}};

inline Ip GatewayOf(const Ip& ip) { return ip.is4() ? Ip(kGateway4) : Ip(kGateway6); }

// One ADD after another works in a pod's namespace: what one has begun looks to the next like what
// one that was killed has left, and would be deleted. The turn ends with `pod`, or its process.
// Fails with kTryLater.
Outcome<> AwaitTurn(const netlink::Namespace& pod, const Env& env, Deadline deadline);

// A default route for each family of `ips`, and one for each destination of `more` that is none.
std::vector<CniResult::Route> RoutesFor(const std::vector<Ip>& ips,
                                        const std::vector<CniResult::Route>& more);

// Those of `wanted` that may be made over the pod's link `link`, where `there` are the routes of
// its namespace: what another link has a route to stays with that link, whatever the metric.
std::vector<CniResult::Route> WithoutOthers(std::vector<CniResult::Route> wanted,
                                            const std::vector<netlink::Route>& there, int link);

// How to configure the pod's end `link` with these addresses and routes, as one batch. Where there
// is no default route in `routes`, the next hop gets one of its own: routes through it can be added
// later (by plugin sbr, by Multus' "default-route", by hand).
std::vector<netlink::Request> ConfigurePod(int link, const std::vector<Ip>& ips,
                                           const std::vector<CniResult::Route>& routes);

}  // namespace kvs::cni
