#include <fmt/format.h>

#include "pipeline/rules.h"
#include "pipeline/terms.h"
#include "pipeline/world_view.h"

// Where an accepted packet goes: back to the host if the host began the connection, to a pod of
// this node, through the tunnel, or to the host, which knows the rest of the world.
namespace kvs::pipeline {
namespace {

uint16_t ByLength(const Prefix& range) { return static_cast<uint16_t>(kPrefix + range.length()); }

void ToHost(Plan& plan, const Ip& ip) {
  plan.Flow(TableId::kRoute, kExact).Match(Destination{ip}).Do(GoTo{TableId::kToHost});
}

constexpr uint8_t kExpired[] = {0, 1};

// We are a hop on the way to these. What can go no further is dropped before the tracker knows of
// it, and before dec_ttl (ovs-actions(7)) finds that out, which takes the switch an upcall for each
// packet.
void TakeHop(Plan& plan, const Prefix& to) {
  for (const uint8_t hops : kExpired)
    plan.Flow(TableId::kTrack, kGuard).Match(Destination{to}, Ttl{hops}).Drop();
  plan.Flow(TableId::kTrack, kExact)
      .Match(Destination{to})
      .Do(DecTtl{}, Track{Zone::kPolicy, TableId::kState});
}
// ... where that is not done for a range which holds them.
void TakeHopOutside(const View& view, Plan& plan, const Prefix& to) {
  if (!IsRouted(view, to)) TakeHop(plan, to);
}

}  // namespace

void RouteHome(const View& view, const world::Self& self, Plan& plan) {
  // Before all: the host's kernel may have translated what it sent, and must see the answer, even
  // one that comes out of the tunnel and one whose destination is a pod.
  plan.Flow(TableId::kRoute, kOverride)
      .Match(Is{kFromHost, true}, Is{kReply, true})
      .Do(GoTo{TableId::kToHost});

  for (const Ip& ip : self.gateways) {
    // Here the host is the next hop.
    plan.Flow(TableId::kTrack, kOverride)
        .Match(Destination{ip})
        .Do(Track{Zone::kPolicy, TableId::kState});
    ToHost(plan, ip);
  }
  for (const Prefix& range : RoutedRanges(view)) TakeHop(plan, range);
  // Replies that go back through the tunnel.
  for (const Family family : kFamilies)
    for (const uint8_t hops : kExpired)
      plan.Flow(TableId::kRoute, kGuard)
          .Match(Is{kFromOverlay, true}, Is{kReply, true}, IpPacket{family}, Ttl{hops})
          .Drop();

  // What is still addressed to M was no reply of a connection that we translated.
  for (const Ip& ip : self.snat) plan.Flow(TableId::kRoute, kGuard).Match(Destination{ip}).Drop();

  // Nobody has these addresses. The host would send the packet back here, until its TTL runs out.
  // The cluster's stand below every node's: its range may be no larger than a node's.
  for (const Prefix& range : self.pod_ranges)
    plan.Flow(TableId::kRoute, ByLength(range)).Match(Destination{range}).Drop();
  if (HasTunnel(self))
    for (const Prefix& range : view.cluster().pods)
      plan.Flow(TableId::kRoute, kPrefix).Match(Destination{range}).Drop();

  // This node is no router for other nodes, and what the host sends here is for pods: it would only
  // get it back.
  if (const flow::OfPort overlay_port = view.datapath().overlay_port; overlay_port != 0)
    plan.Flow(TableId::kRoute, kFallback).Match(FromPort{overlay_port}).Drop();
  plan.Flow(TableId::kRoute, kFallback)
      .Match(FromPort{flow::kPortLocal}, Is{kToService, false})
      .Drop();

  plan.Flow(TableId::kToHost, kExact)
      .Do(SetEthAddrs{kGatewayMac, self.local_mac}, ClearInPort{}, ToPort{flow::kPortLocal});
}

void RoutePod(const View& view, const world::Port& port, Plan& plan) {
  for (const Ip& ip : port.ips)
    if (const std::string objection = ObjectionTo(view.self(), ip, view.IsOfNode(ip));
        !objection.empty())
      plan.Report(port, "status.podIPs", objection);
  for (const Ip& ip : RoutableIps(view, port)) {
    TakeHopOutside(view, plan, Prefix::Host(ip));
    plan.Flow(TableId::kRoute, kExact)
        .Match(Destination{ip})
        .Do(SetEthAddrs{kGatewayMac, port.mac}, ClearInPort{}, ToPort{port.ofport});
  }
}

void RouteNode(const View& view, const world::Node& node, Plan& plan) {
  const world::Self& self = view.self();
  if (node.name == self.node || !HasTunnel(self)) return;
  const std::vector<Prefix> ranges = ForeignRanges(self, node);
  if (ranges.size() != node.pod_ranges.size())
    plan.Report(node, "spec.podCIDRs",
                fmt::format("{} overlaps this node's {}; one of the two nodes needs another range",
                            Join(node.pod_ranges), Join(self.pod_ranges)));
  if (view.FindNode(self.node) == nullptr) return;
  const auto endpoint = EndpointOf(view, node);
  if (!endpoint)
    return plan.Report(
        node, "spec.overlayIPs",
        node.overlay_ips.empty()
            ? "missing: the Node has no InternalIP, or it was refused (condition Accepted)"
            : "no address of a family that this node has an overlay address of");
  const world::Datapath& datapath = view.datapath();
  if (datapath.overlay_port == 0) return;

  std::optional<Ip> source;
  for (const Ip& ip : datapath.tunnel_sources)
    if (ip.family() == endpoint->family()) source = ip;
  const auto tunnel = [&](FlowBuilder& flow, const auto&... first) {
    flow.Do(first..., SetEthAddrs{kGatewayMac, kGatewayMac}, TunnelTo{*endpoint, source},
            ToPort{datapath.overlay_port});
  };
  for (const Prefix& range : ranges) {
    TakeHopOutside(view, plan, range);
    tunnel(plan.Flow(TableId::kRoute, ByLength(range)).Match(Destination{range}));
  }
  // A node that spoke to a pod from its own address, through the tunnel, is answered through it.
  for (const Ip& ip : node.overlay_ips)
    tunnel(plan.Flow(TableId::kRoute, kExact)
               .Match(Is{kFromOverlay, true}, Is{kReply, true}, Destination{ip}),
           DecTtl{});
}

}  // namespace kvs::pipeline
