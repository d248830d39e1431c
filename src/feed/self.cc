#include "feed/self.h"

#include <algorithm>
#include <set>

#include "ovsdb/attachment.h"
#include "pipeline/mark_layout.h"

namespace kvs::feed {
namespace {

constexpr int kLeastMtu4 = 576;  // which IPv4 hosts must take (RFC 791)

world::Overlay ToOverlay(kube::OverlayType type) {
  switch (type) {
    case kube::OverlayType::kNone:
      return world::Overlay::kNone;
    case kube::OverlayType::kGre:
      return world::Overlay::kGre;
    case kube::OverlayType::kGeneve:
      return world::Overlay::kGeneve;
    case kube::OverlayType::kAuto:
    case kube::OverlayType::kVxlan:
      return world::Overlay::kVxlan;
  }
  return world::Overlay::kVxlan;
}

// The families in which packets go to other nodes: for each node the first of its addresses that is
// of a family this node has too, as the pipeline picks it. Alone, the first address of this node.
std::set<bool> OuterFamilies(const std::string& node, const NodeFeed& nodes) {
  std::set<bool> six;
  const auto& mine = nodes.accepted().at(node).overlay_ips;
  const auto has = [&](const Ip& ip) {
    return std::ranges::any_of(mine, [&](const Ip& own) { return own.is6() == ip.is6(); });
  };
  for (const auto& [name, other] : nodes.accepted()) {
    const auto it = std::ranges::find_if(other.overlay_ips, has);
    if (name != node && it != other.overlay_ips.end()) six.insert(it->is6());
  }
  if (six.empty() && !mine.empty()) six.insert(mine.front().is6());
  return six;
}

// The pods' MTU follows the links that carry the overlay; 0 if that is not known (yet).
int PodMtu(const std::string& node, world::Overlay overlay, const NodeFeed& nodes,
           const LinkFeed& links, std::vector<Problem>& problems) {
  const std::string object = "VSwitchConfig/" + node;
  const world::Node& own = nodes.accepted().at(node);
  const std::set<bool> outer = OuterFamilies(node, nodes);
  int mtu = 0;
  for (const Ip& ip : own.overlay_ips) {
    const netlink::Link* link = links.WithAddress(ip);
    if (link == nullptr) {
      problems.push_back(
          {object, "spec.overlayIP",
           fmt::format("{} is on no link of this node; correct the Node's InternalIP, "
                       "or set the annotation kvswitch.io/overlay-ip",
                       ip)});
      continue;
    }
    if (!outer.contains(ip.is6())) continue;
    const int here = static_cast<int>(link->mtu) - OverheadOf(overlay, ip.is6());
    mtu = mtu == 0 ? here : std::min(mtu, here);
    const bool six =
        std::ranges::any_of(own.pod_ranges, [](const Prefix& p) { return p.address().is6(); });
    const int least = six ? kLeastMtu6 : kLeastMtu4;
    if (here < least)
      problems.push_back({object, "status.mtu",
                          fmt::format("link {} has MTU {}, which leaves {} to pods; they need {}: "
                                      "raise the link's MTU",
                                      link->name, link->mtu, here, least)});
  }
  return std::max(mtu, 0);
}

// The links of the node's own network, by index: devices, and those that have an overlay address.
std::set<int> NodeLinks(const LinkFeed& links, const std::vector<Ip>& overlay_ips) {
  std::set<int> own;
  links.ForEachAddress([&](const netlink::Link& link, const netlink::Address& address) {
    const bool device = link.kind.empty() && link.name != "lo";
    if (device || std::ranges::find(overlay_ips, address.ip) != overlay_ips.end())
      own.insert(link.index);
  });
  return own;
}

// Another network plugin that serves pods of this node, by a link of the kinds that plugins make,
// with an address of the pods. On the node's own links such an address is somebody's mistake, and
// on kube-ipvs0 (a dummy) it is a Service's: other matters.
std::optional<Problem> OtherNetwork(const std::vector<Prefix>& pod_ranges,
                                    const std::vector<Ip>& overlay_ips, const LinkFeed& links,
                                    bool serving) {
  std::optional<Problem> found;
  const std::set<int> own = NodeLinks(links, overlay_ips);
  links.ForEachAddress([&](const netlink::Link& link, const netlink::Address& address) {
    const auto range = std::ranges::find_if(
        pod_ranges, [&](const Prefix& pods) { return pods.Contains(address.ip); });
    if (found || range == pod_ranges.end() || link.name == ovsdb::kBridgeName ||
        link.name == "lo" || link.kind == "dummy" || own.contains(link.index))
      return;
    const bool in_use = std::ranges::any_of(
        links.All(), [&](const netlink::Link& port) { return port.master == link.index; });
    const std::string has = fmt::format("link {} has {}, an address of this node's pods ({})",
                                        link.name, address.ip, *range);
    const std::string left = fmt::format(
        "{}; k-vswitch serves the pods here, and it is left of another network plugin: ", has);
    found = Problem{
        kube::kHost, "another network",
        !serving ? fmt::format(
                       "{1}: another network plugin serves them, and k-vswitch waits; to change "
                       "over, remove that plugin's configuration from /etc/cni/net.d, then: ip "
                       "link delete {0}, and delete this node's pods, so that they are made anew",
                       link.name, has)
        : in_use ? left + "delete the pods that still use it, then the link"
                 : left + "no pod uses it any more: ip link delete " + link.name,
        serving ? "LeftOver" : std::string(kube::VSwitchConfig::kOtherNetwork)};
  });
  return found;
}

// All pods of the cluster: what clusterCIDR says, and the ranges of nodes that are not within it. A
// range in use stays one of the cluster's when clusterCIDR is moved away from it. One that is no
// range for pods, or holds addresses of nodes, counts only as far as nodes' ranges go.
std::vector<Prefix> ClusterRanges(const std::string& node, const kube::VSwitchConfig& config,
                                  const NodeFeed& nodes, std::vector<Problem>& problems) {
  const Judge judge(nodes.own_addresses());
  std::vector<Prefix> ranges;
  for (const Prefix& range : config.spec.cluster_cidrs) {
    const std::string objection = judge.ObjectionToPods(range);
    if (objection.empty())
      ranges.push_back(range);
    else
      problems.push_back({"VSwitchConfig/" + node, "spec.clusterCIDR",
                          objection + ", and only the ranges of the nodes are used; correct "
                                      "clusterCIDR in ConfigMap kube-system/k-vswitch",
                          "Refused"});
  }
  for (const auto& [name, other] : nodes.accepted())
    for (const Prefix& range : other.pod_ranges)
      if (std::ranges::none_of(ranges, [&](const Prefix& one) { return one.Contains(range); }))
        ranges.push_back(range);
  return ranges;
}

std::string_view MarkRecord(const ovsdb::Replica& switch_) {
  const ovsdb::Bridge* bridge = switch_.bridges.Find(ovsdb::kBridgeName);
  if (bridge == nullptr) return "";
  const auto record = bridge->external_ids.find(ovsdb::kMarkLayoutsKey);
  return record == bridge->external_ids.end() ? "" : std::string_view(record->second);
}

}  // namespace

std::vector<world::MarkLayout> MarkLayouts(const ovsdb::Replica& switch_) {
  return pipeline::WithMarkLayout(MarkRecord(switch_), pipeline::MarkLayoutOfThisBuild());
}

int OverheadOf(world::Overlay overlay, bool outer_ip6) {
  const int ip = outer_ip6 ? 40 : 20;
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

std::vector<Judge::Taken> NodeAddresses(const LinkFeed& links, const std::vector<Ip>& overlay_ips) {
  std::vector<Judge::Taken> own;
  const std::set<int> own_links = NodeLinks(links, overlay_ips);
  links.ForEachAddress([&](const netlink::Link& link, const netlink::Address& address) {
    if (address.scope == RT_SCOPE_UNIVERSE && own_links.contains(link.index))
      own.push_back({address.ip, "this node's"});
  });
  for (const Ip& ip : links.gateways()) own.push_back({ip, "this node's default gateway"});
  return own;
}

std::optional<world::Self> MakeSelf(const std::string& node, const NodeFeed& nodes,
                                    const LinkFeed& links, const ovsdb::Replica& switch_,
                                    bool serving, std::vector<Problem>& problems) {
  const std::string object = "VSwitchConfig/" + node;
  const kube::VSwitchConfig* config = nodes.own();
  const ovsdb::Bridge* bridge = switch_.bridges.Find(ovsdb::kBridgeName);
  const netlink::Link* local = links.Find(ovsdb::kBridgeName);
  if (config == nullptr) {
    if (nodes.synced())
      problems.push_back({object, "metadata.name",
                          "does not exist: check that k-vswitch-controller runs and that there is "
                          "a Node of this name",
                          "NoConfiguration"});
    return std::nullopt;
  }
  if (bridge == nullptr || local == nullptr) return std::nullopt;
  // No connection may get a mark that nobody could read later. The agent is about to record them.
  auto layouts = MarkLayouts(switch_);
  if (pipeline::ToText(layouts) != MarkRecord(switch_)) return std::nullopt;
  if (config->spec.pod_cidrs.empty()) {
    problems.push_back({object, "spec.podCIDRs",
                        "is empty: give the Node a podCIDR, or the cluster a clusterCIDR",
                        "NoPodRange"});
    return std::nullopt;
  }

  const auto own = nodes.accepted().find(node);
  if (own == nodes.accepted().end() || own->second.pod_ranges.empty()) return std::nullopt;
  if (auto other = OtherNetwork(own->second.pod_ranges, config->spec.overlay_ips, links, serving)) {
    problems.push_back(std::move(*other));
    if (!serving) return std::nullopt;
  }

  world::Self self;
  self.node = node;
  self.local_mac = local->mac;
  self.pod_ranges = own->second.pod_ranges;
  for (const Prefix& range : self.pod_ranges) {
    if (const auto ip = range.At(1)) self.gateways.push_back(*ip);
    if (const auto ip = range.At(2)) self.snat.push_back(*ip);
  }
  self.addresses = links.AddressesExceptOf(ovsdb::kBridgeName);
  self.cluster_ranges = ClusterRanges(node, *config, nodes, problems);
  self.service_ranges = config->spec.service_cidrs;
  self.overlay = ToOverlay(config->spec.overlay_type.value_or(kube::OverlayType::kVxlan));
  if (const ovsdb::Interface* tunnel = switch_.interfaces.Find(ovsdb::kTunnelPortName))
    if (tunnel->ofport.value_or(0) > 0) self.overlay_port = static_cast<uint32_t>(*tunnel->ofport);
  self.netdev = bridge->datapath_type == "netdev";
  self.nd_flows = self.netdev;
  self.mark_layouts = std::move(layouts);
  self.mtu = static_cast<uint16_t>(PodMtu(node, self.overlay, nodes, links, problems));
  return self;
}

}  // namespace kvs::feed
