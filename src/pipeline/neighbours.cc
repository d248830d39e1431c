#include "pipeline/phrases.h"
#include "pipeline/rules.h"
#include "pipeline/world_view.h"

// The switch answers ARP (RFC 826) and, where the datapath lets flows do it, Neighbor Solicitations
// (RFC 4861), always with the gateway's MAC: all is routed. So no broadcast leaves a port, nobody
// learns a pod's MAC, and what a pod says of itself in ARP or ND reaches nobody.
namespace kvs::pipeline {
namespace {

void Answer(Plan& plan, const Prefix& target) {
  const auto priority = static_cast<uint16_t>(kPrefix + target.length());
  if (target.address().is4()) {
    plan.Flow(Stage::kArp, priority)
        .Match(ArpRequest{target})
        .Do(ArpReply{kGatewayMac}, ToInPort{});
  } else {
    plan.Flow(Stage::kNd, priority)
        .Match(NdTarget{target})
        .Do(NdReply{kGatewayMac}, GoTo{Stage::kNdReply});
  }
}

}  // namespace

void AnswerNeighbours(const View&, const world::Self& self, Plan& plan) {
  for (const bool six : {false, true}) {
    if (six && !self.nd_flows) continue;
    Answer(plan, Prefix::Host(NextHop(six)));
    for (const auto* ranges : {&self.cluster_ranges, &self.pod_ranges})
      for (const Prefix& range : *ranges)
        if (range.address().is6() == six) Answer(plan, range);
  }
  if (self.nd_flows)
    plan.Flow(Stage::kNdReply, kExact)
        .Match(NdMessage{NdType::kNeighborAdvertisement})
        .Do(NdReplyOption{kGatewayMac}, ToInPort{});
}

// A pod that asks whether somebody else has its own address must hear nothing (RFC 5227, 2.1.1).
void KeepOwnAddress(const View& view, const world::Port& port, Plan& plan) {
  const world::Self& self = view.self();
  const FromPort from_pod{port.ofport};
  for (const Ip& ip : RoutableIps(self, port)) {
    const Prefix own = Prefix::Host(ip);
    if (ip.is4()) {
      plan.Flow(Stage::kArp, kGuard).Match(from_pod, ArpRequest{own}).Drop();
    } else if (self.nd_flows) {
      plan.Flow(Stage::kNd, kGuard).Match(from_pod, NdTarget{own}).Drop();
    }
  }
}

}  // namespace kvs::pipeline
