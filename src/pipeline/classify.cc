#include "pipeline/others.h"
#include "pipeline/rules.h"
#include "pipeline/terms.h"
#include "pipeline/world_view.h"

// Where a packet comes from, and whether it may come from there. A packet is admitted only if the
// port it came in by owns every address that it claims to be from; what is not admitted falls to
// the table's miss, which drops. The host is trusted: whoever is root there owns the switch, and
// what its kernel forwards (kube-proxy, hostPort) may carry any pod's address rightly. What a
// pod fills in freely costs few megaflows (others.h).
namespace kvs::pipeline {
namespace {

// Nobody routes to these: this host only, broadcast and multicast, link-local (RFC 6890).
const Prefix kUnroutable[] = {
    Prefix(Ip4{{0, 0, 0, 0}}, 8),
    Prefix(Ip4{{127, 0, 0, 0}}, 8),
    Prefix(Ip4{{224, 0, 0, 0}}, 4),
    Prefix(Ip4{{240, 0, 0, 0}}, 4),
    Prefix(Ip6{}, 127),  // :: and ::1
    Prefix(Ip6{{0xfe, 0x80}}, 10),
    Prefix(Ip6{{0xff}}, 8),
};

// Solicitations go to a table of their own.
constexpr NdType kNdTypes[] = {NdType::kRouterSolicitation, NdType::kRouterAdvertisement,
                               NdType::kNeighborAdvertisement, NdType::kRedirect};

// DHCP servers speak from the first to the second (RFC 2131; RFC 8415).
constexpr uint16_t kDhcp4Server = 67, kDhcp4Client = 68, kDhcp6Server = 547, kDhcp6Client = 546;

}  // namespace

// Drops from everybody what must never be routed.
void GuardAll(const View&, const world::Self&, Plan& plan) {
  plan.Flow(TableId::kClassify, kFirst).Match(Tagged{}).Drop();
  for (const NdType type : kNdTypes)
    plan.Flow(TableId::kClassify, kFirst).Match(NdMessage{type}).Drop();
  for (const Prefix& range : kUnroutable)
    plan.Flow(TableId::kTrack, kGuard).Match(Destination{range}).Drop();
  plan.Flow(TableId::kClassify, kGuard)
      .Match(UdpPorts{Family::kIpv4, kDhcp4Server, kDhcp4Client})
      .Drop();
  plan.Flow(TableId::kClassify, kGuard)
      .Match(UdpPorts{Family::kIpv6, kDhcp6Server, kDhcp6Client})
      .Drop();
}

void AdmitHost(const View&, const world::Self&, Plan& plan) {
  const FromPort from_host{flow::kPortLocal};
  for (const Family family : kFamilies)
    plan.Flow(TableId::kClassify, kExact)
        .Match(from_host, IpPacket{family})
        .Do(Load{kFromHost, true}, GoTo{Next(TableId::kClassify)});
}

void AdmitPod(const View& view, const world::Port& port, Plan& plan) {
  const FromPort from_pod{port.ofport};
  const std::vector<Ip> ips = RoutableIps(view, port);
  if (ips.empty()) return;
  DropOthers(plan, TableId::kClassify, flow::Field::kEthSrc, {ValueOf(port.mac)}, from_pod);
  for (const Ip& ip : ips)
    plan.Flow(TableId::kClassify, kExact)
        .Match(from_pod, FromMac{port.mac}, Source{ip})
        .Do(GoTo{TableId::kToGateway});
}

// Pods send what is to be routed to the gateway's MAC.
void GuardGateway(const View&, const world::Self&, Plan& plan) {
  DropOthers(plan, TableId::kToGateway, flow::Field::kEthDst, {ValueOf(kGatewayMac)});
  plan.Flow(TableId::kToGateway, kExact).Do(GoTo{Next(TableId::kToGateway)});
}

// What comes out of the tunnel: the node that sent it owns the inner source, be it a pod's, the
// gateway's, or the node's own address. It was sent to our overlay address: nodes guard that one
// against their pods (route.cc, GuardTunnel), not the others we may have.
void AdmitNode(const View& view, const world::Node& node, Plan& plan) {
  const world::Self& self = view.self();
  const flow::OfPort overlay_port = view.datapath().overlay_port;
  if (node.name == self.node || overlay_port == 0) return;
  const world::Node* own = view.FindNode(self.node);
  if (own == nullptr) return;
  const auto admit = [&](const Ip& from, const Ip& at, const Source& source) {
    if (from.family() != at.family()) return;
    plan.Flow(TableId::kClassify, kExact)
        .Match(TunnelFrom{overlay_port, from}, TunnelAt{at}, source)
        .Do(Load{kFromOverlay, true}, GoTo{Next(TableId::kClassify)});
  };
  for (const Ip& from : node.overlay_ips) {
    for (const Ip& at : own->overlay_ips) {
      for (const Prefix& range : ForeignRanges(self, node)) admit(from, at, Source{range});
      for (const Ip& ip : node.overlay_ips) admit(from, at, Source{ip});
    }
  }
}

}  // namespace kvs::pipeline
