#pragma once

#include <linux/rtnetlink.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "base/net.h"
#include "netlink/socket.h"

// Routes (ip-route(8)).
namespace kvs::netlink {

// The rtm_protocol of our routes: reconcilers remove no others. iproute2's etc/iproute2/rt_protos
// does not assign it.
inline constexpr uint8_t kRouteProtocol = 27;

struct Route {
  Prefix destination;
  int link = 0;              // 0 where the kernel shows several next hops or none
  std::optional<Ip> via;     // the next hop; of either family
  std::optional<Ip> source;  // the address preferred for packets of this host (RTA_PREFSRC)
  uint32_t table = RT_TABLE_MAIN;
  uint8_t protocol = kRouteProtocol;
  uint8_t type = RTN_UNICAST;  // or RTN_BLACKHOLE, RTN_UNREACHABLE, RTN_LOCAL, ...
  uint8_t scope = RT_SCOPE_UNIVERSE;
  uint32_t metric = 0;  // lower wins
  bool onlink = false;  // the next hop is on the link though no prefix of the link holds it

  // The route as a dump will show it: IPv6 has metric 1024 instead of 0, no scopes, and lo as the
  // link of a blackhole; IPv4 has scope link if there is no next hop. Reconcilers compare this
  // form.
  Route AsShown() const;
  friend auto operator<=>(const Route&, const Route&) = default;
};

Request AddRoute(const Route& route);      // EEXIST: same destination, metric and table
Request ReplaceRoute(const Route& route);  // puts it in the place of one that AddRoute would meet
Request DeleteRoute(const Route& route);   // ESRCH
// All tables of both families; with `protocol` only its routes (filtered by the kernel).
Result<std::vector<Route>> DumpRoutes(Socket& socket, std::optional<uint8_t> protocol = {});
std::optional<Route> DecodeRoute(Bytes body);  // of RTM_NEWROUTE and RTM_DELROUTE

// The route by which this host sends packets to `ip`, by rules and routes, as `ip route get` shows
// it. ENETUNREACH: there is none.
struct ResolvedRoute {
  int link = 0;
  uint32_t mtu = 0;  // bytes, where the route has its own; 0: it is the link's
  std::optional<Ip> via;
};
Result<ResolvedRoute> LookUpRoute(Socket& socket, const Ip& ip);

}  // namespace kvs::netlink
