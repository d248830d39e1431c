#include "feed/this_node.h"

#include <algorithm>
#include <set>

#include "feed/underlay.h"
#include "ovsdb/attachment.h"
#include "pipeline/mark_layout.h"

namespace kvs::feed {
namespace {

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

// Which of the node's overlay addresses its packets to other nodes can be sent from. The kernel's
// datapath sends from any address of a link; in userspace Open vSwitch drops a packet whose source
// its own table of routes doesn't hold as local, and takes nothing for one that is on lo only.
std::vector<Ip> TunnelSources(const world::Node& own, bool netdev, const LinkFeed& links,
                              const std::set<Ip>& of_switch, std::vector<Problem>& problems) {
  std::vector<Ip> sources;
  for (const Ip& ip : own.overlay_ips) {
    if (!links.HasAddress(ip)) continue;
    if (!netdev || (of_switch.contains(ip) && links.HasAddress(ip, "lo"))) {
      sources.push_back(ip);
      continue;
    }
    problems.push_back(
        {"VSwitchConfig/" + own.name, "spec.overlayIP",
         fmt::format("ovs-vswitchd does not know {} as an address of a bridge, and may send from "
                     "another, from which the other nodes accept nothing; compare: ovs-appctl "
                     "ovs/route/show. The address must be on a port of a userspace bridge",
                     ip),
         "OverlayAddressUnknownToSwitch"});
  }
  return sources;
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

constexpr char kAddressTaken[] = "AddressTaken";

// Whether network plugins make such links for the pods that they serve. A bridge with anything but
// veths in it leads out of the node, and is somebody's network.
bool IsPlugins(const netlink::Link& link, const LinkFeed& links) {
  static constexpr std::string_view kKinds[] = {"bridge", "veth", "vxlan",     "geneve",
                                                "ipip",   "sit",  "wireguard", "openvswitch"};
  if (std::ranges::find(kKinds, link.kind) == std::end(kKinds)) return false;
  bool veths = true;
  links.ForEachLink([&](const netlink::Link& port) {
    veths = veths && (port.master != link.index || port.kind == "veth");
  });
  return veths && link.group != ovsdb::kLiveLinkGroup;
}

// Another network plugin that serves pods of this node, by a link with an address of the pods. On
// the node's own links such an address is somebody's mistake, and on kube-ipvs0 (a dummy) it is a
// Service's: other matters. On any other link it is a mistake that is told of.
std::optional<Problem> OtherNetwork(const std::vector<Prefix>& pod_ranges,
                                    const std::vector<Ip>& overlay_ips, const LinkFeed& links,
                                    bool serving) {
  std::optional<Problem> found;
  const std::set<int> own = NodeLinks(links, overlay_ips);
  links.ForEachAddress([&](const netlink::Link& link, const netlink::Address& address) {
    const auto range = std::ranges::find_if(
        pod_ranges, [&](const Prefix& pods) { return pods.Contains(address.ip); });
    if ((found && found->reason != kAddressTaken) || range == pod_ranges.end() ||
        link.name == ovsdb::kBridgeName || link.name == "lo" || link.kind == "dummy" ||
        own.contains(link.index))
      return;
    if (!IsPlugins(link, links)) {
      found = Problem{kube::kHost, "link " + link.name,
                      fmt::format("has {}, an address of this node's pods ({}), and a pod with it "
                                  "would not be reached; remove it: ip address del {}/{} dev {}",
                                  address.ip, *range, address.ip, address.length, link.name),
                      kAddressTaken};
      return;
    }
    bool in_use = false;
    links.ForEachLink([&](const netlink::Link& port) { in_use |= port.master == link.index; });
    const std::string has = fmt::format("link {} has {}, an address of this node's pods ({})",
                                        link.name, address.ip, *range);
    const std::string left = fmt::format(
        "{}; it is a remnant of another network plugin, and k-vswitch serves the pods here: ", has);
    found = Problem{
        kube::kHost, "another network",
        !serving ? fmt::format(
                       "{1}: another network plugin serves them, and k-vswitch waits; to change "
                       "over, remove that plugin's configuration from /etc/cni/net.d, then: ip "
                       "link delete {0}, and delete this node's pods, so that they are recreated",
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
  const Judge judge(nodes.taken());
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

// 0: there is none (yet).
flow::OfPort TunnelPortOf(const ovsdb::Replica& switch_) {
  const ovsdb::Interface* tunnel = switch_.interfaces.Find(ovsdb::kTunnelPortName);
  if (tunnel == nullptr || tunnel->ofport.value_or(0) <= 0) return 0;
  return static_cast<flow::OfPort>(*tunnel->ofport);
}

// All but the MTU.
world::Self MakeSelf(const kube::VSwitchConfig& config, const netlink::Link& local,
                     const world::Node& own) {
  world::Self self{.node = own.name, .local_mac = local.mac, .pod_ranges = own.pod_ranges};
  for (const Prefix& range : self.pod_ranges) {
    if (const auto ip = range.At(1)) self.gateways.push_back(*ip);
    if (const auto ip = range.At(2)) self.snat.push_back(*ip);
  }
  self.deny_metadata = config.spec.metadata_access == kube::MetadataAccess::kDeny;
  self.max_connections_per_pod = static_cast<uint64_t>(
      config.spec.max_connections_per_pod.value_or(kube::kMaxConnectionsPerPod));
  self.overlay = ToOverlay(config.spec.overlay_type.value_or(kube::OverlayType::kVxlan));
  return self;
}

}  // namespace

std::vector<world::MarkLayout> MarkLayouts(const ovsdb::Replica& switch_) {
  return pipeline::WithMarkLayout(MarkRecord(switch_), pipeline::MarkLayoutOfThisBuild());
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

std::string NetworkOf(const Ip& ip, const LinkFeed& links, const std::vector<Ip>& overlay_ips) {
  std::string found;
  const std::set<int> own_links = NodeLinks(links, overlay_ips);
  links.ForEachAddress([&](const netlink::Link& link, const netlink::Address& address) {
    if (found.empty() && own_links.contains(link.index) && link.name != ovsdb::kBridgeName &&
        address.prefix().Contains(ip))
      found = fmt::format("{} of link {}", address.prefix(), link.name);
  });
  return found;
}

std::optional<ThisNode> ReadThisNode(const std::string& node, const NodeFeed& nodes,
                                     const LinkFeed& links, const ovsdb::Replica& switch_,
                                     const std::set<Ip>& switch_sources, bool serving,
                                     std::vector<Problem>& problems) {
  const std::string object = "VSwitchConfig/" + node;
  const kube::VSwitchConfig* config = nodes.own();
  const ovsdb::Bridge* bridge = switch_.bridges.Find(ovsdb::kBridgeName);
  const netlink::Link* local = links.Find(ovsdb::kBridgeName);
  if (config == nullptr) {
    if (nodes.synced())
      problems.push_back(
          {object, "metadata.name",
           fmt::format("VSwitchConfig {0} not found; check that k-vswitch-controller "
                       "is running and that Node {0} exists",
                       node),
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
    const bool waits = other->reason == kube::VSwitchConfig::kOtherNetwork;
    problems.push_back(std::move(*other));
    if (waits) return std::nullopt;
  }

  ThisNode found;
  found.self = MakeSelf(*config, *local, own->second);
  found.datapath = {.netdev = bridge->datapath_type == "netdev",
                    .nd_flows = bridge->datapath_type == "netdev",
                    .overlay_port = TunnelPortOf(switch_),
                    .mark_layouts = std::move(layouts)};
  found.cluster = {ClusterRanges(node, *config, nodes, problems), config->spec.service_cidrs};
  for (const Ip& ip : links.AddressesExceptOf(ovsdb::kBridgeName)) found.addresses.push_back({ip});
  const world::Overlay overlay = found.self.overlay;
  found.self.mtu = static_cast<uint16_t>(PodMtu(node, overlay, nodes, links, problems));
  ReportLargerPods(object, found.self.mtu, links, problems);
  ReportUnreachableNodes(node, nodes, links, problems);
  if (overlay != world::Overlay::kNone)
    found.datapath.tunnel_sources =
        TunnelSources(own->second, found.datapath.netdev, links, switch_sources, problems);
  return found;
}

void ThisNode::PutInto(world::World& world) && {
  world.self.Put(std::move(self));
  world.datapath.Put(std::move(datapath));
  world.cluster.Put(std::move(cluster));
  world.addresses.Assign(std::move(addresses));
}

}  // namespace kvs::feed
