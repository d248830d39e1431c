#include <algorithm>

#include "pipeline/phrases.h"
#include "pipeline/rules.h"
#include "pipeline/world_view.h"

// The host's side: the gateway's address on LOCAL, routes over a next hop that no interface has
// (the switch answers for it with one MAC), masquerade of what leaves the cluster, the tunnel port,
// and on the userspace datapath a kernel that does not hear the pods.
namespace kvs::pipeline {
namespace {

std::vector<Prefix> OfFamily(const std::vector<Prefix>& ranges, bool six) {
  std::vector<Prefix> some;
  std::ranges::copy_if(ranges, std::back_inserter(some),
                       [&](const Prefix& range) { return range.address().is6() == six; });
  return some;
}

bool AnyContains(const std::vector<Prefix>& ranges, const Prefix& range) {
  return std::ranges::any_of(ranges, [&](const Prefix& r) { return r.Contains(range); });
}

// What the host finds behind the bridge: the whole cluster, or without a tunnel this node's pods.
const std::vector<Prefix>& BehindBridge(const world::Self& self) {
  return HasTunnel(self) ? self.cluster_ranges : self.pod_ranges;
}

HostRoute OverBridge(const world::Self& self, const Prefix& dst) {
  const bool six = dst.address().is6();
  const auto gateway =
      std::ranges::find_if(self.gateways, [&](const Ip& ip) { return ip.is6() == six; });
  return {.dst = dst,
          .via = NextHop(six),
          .src = gateway == self.gateways.end() ? std::nullopt : std::optional<Ip>(*gateway)};
}

Masquerade Leaving(const world::Self& self, const Prefix& source) {
  return {source, OfFamily(self.cluster_ranges, source.address().is6())};
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
void GuardSources(const world::Self& self, Plan& plan) {
  for (const Prefix& range : BehindBridge(self)) plan.Put(SourceGuard{range});
  for (const Prefix& range : self.pod_ranges)
    if (!AnyContains(BehindBridge(self), range)) plan.Put(SourceGuard{range});
  for (const Ip& ip : self.addresses) plan.Put(SourceGuard{Prefix::Host(ip)});
}

}  // namespace

void EquipHost(const View&, const world::Self& self, Plan& plan) {
  for (const Ip& gateway : self.gateways) plan.Put(HostAddress{Prefix::Host(gateway)});
  for (const bool six : {false, true}) plan.Put(HostNeighbour{NextHop(six), kGatewayMac});
  for (const Prefix& range : BehindBridge(self)) plan.Put(OverBridge(self, range));
  for (const Prefix& range : self.pod_ranges) {
    if (!AnyContains(BehindBridge(self), range)) plan.Put(OverBridge(self, range));
    plan.Put(Leaving(self, range));
  }
  GuardSources(self, plan);
  if (HasTunnel(self))
    plan.Put(TunnelPort{.name = std::string(kTunnelPortName),
                        .type = std::string(TypeOf(self.overlay)),
                        .options = {{"key", "flow"}, {"remote_ip", "flow"}}});
}

// An address from elsewhere (delegated IPAM, or one that was asked for) needs its own way.
void RoutePodByHost(const View& view, const world::Port& port, Plan& plan) {
  const world::Self& self = view.self();
  for (const Ip& ip : RoutableIps(self, port)) {
    const Prefix host = Prefix::Host(ip);
    if (!AnyContains(BehindBridge(self), host) && !AnyContains(self.pod_ranges, host))
      plan.Put(OverBridge(self, host));
    if (!AnyContains(self.pod_ranges, host)) plan.Put(Leaving(self, host));
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

void DeafenHost(const View& view, const world::Port& port, Plan& plan) {
  if (view.self().netdev) plan.Put(KernelDeaf{port.name});
}

}  // namespace kvs::pipeline
