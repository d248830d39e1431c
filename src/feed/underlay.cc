#include "feed/underlay.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "ovsdb/attachment.h"

namespace kvs::feed {
namespace {

constexpr int kLeastMtu4 = 576;  // which IPv4 hosts must take (RFC 791)

// Where packets to the other nodes go, by their names: the first of each one's addresses that is of
// a family this node has too, as the pipeline picks it.
std::map<std::string, Ip> EndsOfOthers(const std::string& node, const NodeFeed& nodes) {
  const auto& mine = nodes.accepted().at(node).overlay_ips;
  std::map<std::string, Ip> ends;
  for (const auto& [name, other] : nodes.accepted()) {
    const auto it = std::ranges::find_if(other.overlay_ips, [&](const Ip& ip) {
      return std::ranges::any_of(mine, [&](const Ip& own) { return own.family() == ip.family(); });
    });
    if (name != node && it != other.overlay_ips.end()) ends.emplace(name, *it);
  }
  return ends;
}

// Where there is no other node, the world.
std::vector<Ip> OuterDestinations(const std::string& node, const NodeFeed& nodes,
                                  const LinkFeed& links) {
  std::vector<Ip> to;
  for (const auto& [name, ip] : EndsOfOthers(node, nodes)) to.push_back(ip);
  if (!to.empty()) return to;
  const auto& mine = nodes.accepted().at(node).overlay_ips;
  for (const Ip& gateway : links.gateways())
    if (std::ranges::any_of(mine, [&](const Ip& own) { return own.family() == gateway.family(); }))
      to.push_back(gateway);
  return to;
}

// The route to other nodes that leaves the smallest MTU to pods; nullopt: there is no route, and no
// link has the node's addresses. The links of those count if no route is known: a cluster may have
// one node, without a router.
struct NarrowestRoute {
  LinkFeed::Route route;
  int left;  // to pods, bytes
};
std::optional<NarrowestRoute> FindNarrowest(const std::string& node, world::Overlay overlay,
                                            const NodeFeed& nodes, const LinkFeed& links) {
  std::optional<NarrowestRoute> narrowest;
  const auto consider = [&](const LinkFeed::Route& route, Family outer) {
    if (route.link->name == ovsdb::kBridgeName) return;
    const int left = route.mtu - OverheadOf(overlay, outer);
    if (!narrowest || left < narrowest->left) narrowest = {route, left};
  };
  for (const Ip& ip : OuterDestinations(node, nodes, links))
    if (const auto route = links.RouteTo(ip)) consider(*route, ip.family());
  if (narrowest) return narrowest;
  const auto& mine = nodes.accepted().at(node).overlay_ips;
  links.ForEachAddress([&](const netlink::Link& link, const netlink::Address& address) {
    if (!mine.empty() && address.ip == mine.front() && link.name != "lo")
      consider({&link, static_cast<int>(link.mtu), address.ip}, address.ip.family());
  });
  return narrowest;
}

}  // namespace

int OverheadOf(world::Overlay overlay, Family outer) {
  const int ip = outer == Family::kIpv6 ? 40 : 20;
  switch (overlay) {
    case world::Overlay::kNone:
      return 0;
    case world::Overlay::kGre:
      return ip + 8 + 14;  // GRE with key, inner Ethernet
    case world::Overlay::kVxlan:
    case world::Overlay::kGeneve:
      return ip + 8 + 8 + 14;  // UDP, VXLAN or Geneve without options, inner Ethernet
  }
  return 0;
}

void ReportUnreachableNodes(const std::string& node, const NodeFeed& nodes, const LinkFeed& links,
                            std::vector<Problem>& problems) {
  constexpr size_t kMostNamed = 5;
  const auto ends = EndsOfOthers(node, nodes);
  std::vector<std::string> lost;
  for (const auto& [name, ip] : ends)
    if (!links.RouteTo(ip)) lost.push_back(fmt::format("{} ({})", name, ip));
  if (lost.empty()) return;
  const size_t count = lost.size();
  if (count > kMostNamed) {
    lost.resize(kMostNamed);
    lost.push_back(fmt::format("{} more", count - kMostNamed));
  }
  problems.push_back(
      {kube::kHost, "route",
       fmt::format("there is none to {} of {} other nodes, whose pods are not reached: {}; "
                   "give this node a route to them",
                   count, ends.size(), fmt::join(lost, ", ")),
       "NoRoute"});
}

int PodMtu(const std::string& node, world::Overlay overlay, const NodeFeed& nodes,
           const LinkFeed& links, std::vector<Problem>& problems) {
  const std::string object = "VSwitchConfig/" + node;
  const world::Node& own = nodes.accepted().at(node);
  for (const Ip& ip : own.overlay_ips)
    if (!links.HasAddress(ip))
      problems.push_back(
          {object, "spec.overlayIP",
           fmt::format("{} is on no link of this node; correct the Node's InternalIP, "
                       "or set the annotation kvswitch.io/overlay-ip",
                       ip)});
  const auto narrowest = FindNarrowest(node, overlay, nodes, links);
  if (!narrowest) return 0;
  const auto& [route, left] = *narrowest;
  const bool six =
      std::ranges::any_of(own.pod_ranges, [](const Prefix& p) { return p.address().is6(); });
  const int least = six ? kLeastMtu6 : kLeastMtu4;
  if (left < least)
    problems.push_back({object, "status.mtu",
                        fmt::format("link {} has MTU {}, which leaves {} to pods; they need {}: "
                                    "raise the link's MTU",
                                    route.link->name, route.mtu, left, least)});
  return std::max(left, 0);
}

void ReportLargerPods(const std::string& object, int mtu, const LinkFeed& links,
                      std::vector<Problem>& problems) {
  int pods = 0, largest = 0;
  links.ForEachLink([&](const netlink::Link& link) {
    if (link.group != ovsdb::kLiveLinkGroup || static_cast<int>(link.mtu) <= mtu) return;
    ++pods;
    largest = std::max(largest, static_cast<int>(link.mtu));
  });
  if (mtu > 0 && pods > 0)
    problems.push_back({object, "status.mtu",
                        fmt::format("{} {} here with an MTU up to {}, but the route to other nodes "
                                    "takes {}: larger packets are lost; recreate the pods that "
                                    "were attached before, or raise the underlay's MTU",
                                    pods, pods == 1 ? "pod is" : "pods are", largest, mtu),
                        "PodMtuTooLarge"});
}

}  // namespace kvs::feed
