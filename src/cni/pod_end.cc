#include "cni/pod_end.h"

#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <thread>

namespace kvs::cni {

Outcome<> AwaitTurn(const netlink::Namespace& pod, const Env& env, Deadline deadline) {
  using namespace std::chrono_literals;
  for (; flock(pod.fd(), LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
       std::this_thread::sleep_for(5ms))
    if (In(0ms) >= deadline)
      return Refuse(Code::kTryLater,
                    "CNI_NETNS: {} is locked (flock) by another ADD that has not ended; see why it "
                    "hangs",
                    env.netns);
  return {};
}

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

std::vector<CniResult::Route> WithoutOthers(std::vector<CniResult::Route> wanted,
                                            const std::vector<netlink::Route>& there, int link) {
  std::erase_if(wanted, [&](const CniResult::Route& one) {
    return std::ranges::any_of(there, [&](const netlink::Route& route) {
      return route.table == RT_TABLE_MAIN && route.link != link &&
             route.destination == one.destination;
    });
  });
  return wanted;
}

std::vector<netlink::Request> ConfigurePod(int link, const std::vector<Ip>& ips,
                                           const std::vector<CniResult::Route>& routes) {
  netlink::PodEnd end{.addresses = ips, .gateways = {}, .gateway_mac = kGatewayMac, .routes = {}};
  for (const Ip& ip : ips)
    if (const Ip gateway = GatewayOf(ip); !std::ranges::count(end.gateways, gateway))
      end.gateways.push_back(gateway);
  for (const CniResult::Route& route : routes)
    end.routes.push_back({.destination = route.destination, .via = route.gateway, .onlink = true});
  // IPv6's next hop is within the link's own fe80::/64. Several links may have it, so each route
  // has a metric of its own.
  const bool by_default = std::ranges::any_of(
      routes, [](const CniResult::Route& one) { return one.destination == Prefix(Ip4{}, 0); });
  if (!by_default && std::ranges::count(end.gateways, Ip(kGateway4)))
    end.routes.push_back(
        {.destination = Prefix::Host(kGateway4), .metric = static_cast<uint32_t>(link)});
  return netlink::ConfigurePodEnd(link, end);
}

}  // namespace kvs::cni
