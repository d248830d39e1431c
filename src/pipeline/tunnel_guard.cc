#include "pipeline/others.h"
#include "pipeline/rules.h"
#include "pipeline/terms.h"

// What a pod sends to another node leaves with the address of this one; were it a tunnel's packet
// (VXLAN, RFC 7348; Geneve, RFC 8926; GRE, RFC 2784), the other would take it for ours, and believe
// what is in it. Whole packets get here: the tracker has put fragments together. All kinds, as
// nodes change their overlay one after the other.
namespace kvs::pipeline {

void GuardTunnel(const View& view, const world::Node& node, Plan& plan) {
  if (node.name == view.self().node) return;
  const auto to = [&](const Ip& ip) {
    return plan.Flow(TableId::kTunnelEnd, kExact).Match(Destination{ip});
  };
  for (const Ip& ip : node.overlay_ips) {
    to(ip).Match(Gre{ip.family()}).Drop();
    to(ip).Match(Udp{ip.family()}).Do(GoTo{TableId::kTunnelGuard});
  }
}

// UDP to a node's overlay address, of which the tunnels' ports are dropped: the others go on, by
// prefixes, as whoever scans ports would cost a megaflow for each.
void GuardTunnels(const View&, const world::Self&, Plan& plan) {
  const std::vector<flow::Value> ports = {flow::Value::FromInt(kVxlanPort),
                                          flow::Value::FromInt(kGenevePort)};
  for (const Family family : kFamilies)
    for (const FirstBits& other : OtherThan(flow::Field::kUdpDst, ports))
      plan.Flow(TableId::kTunnelGuard, other.priority)
          .Match(Udp{family}, other)
          .Do(GoTo{Next(TableId::kTunnelGuard)});
}

}  // namespace kvs::pipeline
