#include "cni/pod_end.h"

#include <algorithm>

#include "netlink/route.h"

namespace kvs::cni {

std::vector<CniResult::Route> RoutesFor(const std::vector<Ip>& ips,
                                        const std::vector<CniResult::Route>& more) {
  std::vector<CniResult::Route> routes;
  const auto add = [&](const Prefix& to) {
    const bool there = std::ranges::any_of(
        routes, [&](const CniResult::Route& one) { return one.destination == to; });
    if (!there) routes.push_back({to, GatewayOf(to.address())});
  };
  for (const Ip& ip : ips) add(Prefix(ip, 0));
  for (const CniResult::Route& one : more) add(one.destination);
  return routes;
}

std::vector<netlink::Request> ConfigurePod(int link, const std::vector<Ip>& ips,
                                           const std::vector<CniResult::Route>& routes) {
  netlink::PodEnd end{.addresses = ips, .gateways = {}, .gateway_mac = kGatewayMac};
  for (const Ip& ip : ips)
    if (const Ip gateway = GatewayOf(ip); !std::ranges::count(end.gateways, gateway))
      end.gateways.push_back(gateway);
  auto requests = netlink::ConfigurePodEnd(link, end);
  for (const CniResult::Route& route : routes)
    if (route.destination.length() > 0)
      requests.push_back(netlink::ReplaceRoute(
          {.destination = route.destination, .link = link, .via = route.gateway, .onlink = true}));
  return requests;
}

}  // namespace kvs::cni
