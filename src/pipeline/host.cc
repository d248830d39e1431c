#include <algorithm>

#include "pipeline/rules.h"
#include "pipeline/terms.h"
#include "pipeline/world_view.h"

// The host's side: the gateway's address on LOCAL, routes over a next hop that no interface has
// (the switch answers for it with one MAC), masquerade of what leaves the cluster, the tunnel port,
// and on the userspace datapath a kernel that does not hear the pods.
namespace kvs::pipeline {
namespace {

HostRoute OverBridge(const world::Self& self, const Prefix& dst) {
  const Family family = dst.family();
  const auto gateway =
      std::ranges::find_if(self.gateways, [&](const Ip& ip) { return ip.family() == family; });
  return {.dst = dst,
          .via = NextHop(family),
          .src = gateway == self.gateways.end() ? std::nullopt : std::optional<Ip>(*gateway)};
}

void Masquerade(const Prefix& source, Plan& plan) {
  plan.Put(AddressSetMember{AddressSetMember::Set::kMasqueraded, source});
}

void Guard(const Prefix& source, Plan& plan) {
  plan.Put(AddressSetMember{AddressSetMember::Set::kGuarded, source});
}

std::string_view TypeOf(world::Overlay overlay) {
  switch (overlay) {
    case world::Overlay::kGre:
      return "gre";
    case world::Overlay::kGeneve:
      return "geneve";
    case world::Overlay::kVxlan:
    case world::Overlay::kNone:
      break;
  }
  return "vxlan";
}

// Addresses that reach this node's pods by the bridge only: all of the cluster through the tunnel,
// or, where other nodes' packets come by the underlay, this node's.
void GuardSources(const View& view, const world::Self& self, Plan& plan) {
  for (const Prefix& range : BehindBridge(view)) Guard(range, plan);
  for (const Prefix& range : self.pod_ranges) Guard(range, plan);
}

// The kernel forwards packets of a family that pods have, those of the bridge's link too (where it
// may be off by itself), and leaves to the switch what comes by the bridge. A family that no pod
// has is left as it is.
void SetKernel(const world::Self& self, Plan& plan) {
  const std::string link = "/conf/" + std::string(ovsdb::kBridgeName) + "/";
  for (const Ip& gateway : self.gateways) {
    if (gateway.is4()) {
      plan.Put(KernelSetting{"net/ipv4/ip_forward", "1"});
      plan.Put(KernelSetting{"net/ipv4" + link + "forwarding", "1"});
      // Replies to what other links brought come back here.
      plan.Put(KernelSetting{"net/ipv4" + link + "rp_filter", "0"});
      // Pods have no other way than the one they take.
      plan.Put(KernelSetting{"net/ipv4" + link + "send_redirects", "0"});
    } else {
      plan.Put(KernelSetting{"net/ipv6/conf/all/forwarding", "1"});
      plan.Put(KernelSetting{"net/ipv6" + link + "forwarding", "1"});
      // On many nodes IPv6 is off for all links; it is needed on this one.
      plan.Put(KernelSetting{"net/ipv6" + link + "disable_ipv6", "0"});
      plan.Put(KernelSetting{"net/ipv6" + link + "accept_ra", "0"});
    }
  }
}

}  // namespace

void EquipHost(const View& view, const world::Self& self, Plan& plan) {
  plan.Put(HostLink{std::string(ovsdb::kBridgeName), ""});
  SetKernel(self, plan);
  for (const Ip& gateway : self.gateways) {
    plan.Put(HostAddress{Prefix::Host(gateway)});
    plan.Put(HostNeighbour{NextHop(gateway.family()), kGatewayMac});
  }
  for (const Prefix& range : BehindBridge(view)) plan.Put(OverBridge(self, range));
  for (const Prefix& range : self.pod_ranges) {
    HostRoute route = OverBridge(self, range);
    route.own = true;
    plan.Put(route);
    Masquerade(range, plan);
  }
  for (const Prefix& range : view.cluster().pods)
    plan.Put(AddressSetMember{AddressSetMember::Set::kCluster, range});
  GuardSources(view, self, plan);
  if (HasTunnel(self))
    plan.Put(TunnelPort{.name = ovsdb::kTunnelPortName,
                        .type = std::string(TypeOf(self.overlay)),
                        .options = {{"key", "flow"}, {"local_ip", "flow"}, {"remote_ip", "flow"}}});
}

// The node's own addresses reach its pods by the bridge only, too.
void GuardAddressByHost(const View&, const world::NodeAddress& address, Plan& plan) {
  Guard(Prefix::Host(address.ip), plan);
}

// An address from elsewhere (delegated IPAM, or one that was asked for) needs its own way.
void RoutePodByHost(const View& view, const world::Port& port, Plan& plan) {
  const world::Self& self = view.self();
  for (const Ip& ip : RoutableIps(view, port)) {
    const Prefix host = Prefix::Host(ip);
    if (!IsRouted(view, host)) plan.Put(OverBridge(self, host));
    if (!AnyContains(self.pod_ranges, host)) Masquerade(host, plan);
  }
}

// Without a tunnel the host's kernel routes to the other nodes' pods. Where no link leads to a node
// directly the kernel refuses the route, and the network (or BIRD) has to know the way.
void RouteNodeByHost(const View& view, const world::Node& node, Plan& plan) {
  const world::Self& self = view.self();
  if (HasTunnel(self) || node.name == self.node) return;
  for (const Prefix& range : ForeignRanges(self, node))
    for (const Ip& ip : node.overlay_ips)
      if (ip.is6() == range.address().is6())
        plan.Put(HostRoute{range, ip, std::nullopt, HostRoute::Link::kAny});
}

void GuardTunnelByHost(const View&, const world::Node& node, Plan& plan) {
  for (const Ip& ip : node.overlay_ips)
    plan.Put(AddressSetMember{AddressSetMember::Set::kTunnelEnds, Prefix::Host(ip)});
}

void EquipPortByHost(const View& view, const world::Port& port, Plan& plan) {
  plan.Put(HostLink{port.name, port.alias});
  if (view.datapath().netdev) plan.Put(IngressDrop{port.name});
}

}  // namespace kvs::pipeline
