#include "pipeline/others.h"
#include "pipeline/phrases.h"
#include "pipeline/rules.h"

// What a pod sends to another node leaves with the address of this one; were it a tunnel's packet
// (VXLAN, RFC 7348; Geneve, RFC 8926; GRE, RFC 2784), the other would take it for ours, and believe
// what is in it. Whole packets get here: the tracker has put fragments together. All kinds, as
// nodes change their overlay one after the other.
namespace kvs::pipeline {

void GuardTunnel(const View& view, const world::Node& node, Plan& plan) {
  if (node.name == view.self().node) return;
  const auto to = [&](const Ip& ip) {
    return plan.Flow(Stage::kTunnelEnd, kExact).Match(Destination{ip});
  };
  for (const Ip& ip : node.overlay_ips) {
    to(ip).Match(Gre{ip.is6()}).Drop();
    to(ip).Match(Udp{ip.is6()}).Do(GoTo{Stage::kTunnelGuard});
  }
}

// UDP to a node's overlay address, of which the tunnels' ports are dropped: the others go on, by
// prefixes, as whoever scans ports would cost a megaflow for each.
void GuardTunnels(const View&, const world::Self&, Plan& plan) {
  const std::vector<flow::Value> ports = {flow::Value::FromInt(kVxlanPort),
                                          flow::Value::FromInt(kGenevePort)};
  for (const bool six : {false, true})
    for (const FirstBits& other : OtherThan(flow::Field::kUdpDst, ports))
      plan.Flow(Stage::kTunnelGuard, other.priority)
          .Match(Udp{six}, other)
          .Do(GoTo{Next(Stage::kTunnelGuard)});
}

}  // namespace kvs::pipeline
