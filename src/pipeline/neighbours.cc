#include "pipeline/others.h"
#include "pipeline/rules.h"
#include "pipeline/terms.h"
#include "pipeline/world_view.h"

// The switch answers ARP (RFC 826) and, where the datapath lets flows do it, Neighbor Solicitations
// (RFC 4861), for the virtual next hops only: all is routed over them. So no broadcast leaves a
// port, nobody learns a pod's MAC, and what a pod says of itself in ARP or ND reaches nobody. An
// answer overwrites what the question said, so every field of that is demanded.
namespace kvs::pipeline {

using flow::Field, flow::Value;

void GuardNeighbours(const View& view, const world::Self&, Plan& plan) {
  plan.Flow(TableId::kClassify, kExact).Match(ArpPacket{}).Do(GoTo{TableId::kArp});
  const Value gateway = ValueOf(kGatewayMac), broadcast = ValueOf(kBroadcastMac);
  DropOthers(plan, TableId::kArp, Field::kEthDst, {gateway, broadcast});
  // What is to be found out is left empty (RFC 826); some fill it up.
  DropOthers(plan, TableId::kArp, Field::kArpTha, {Value(), broadcast, gateway}, ArpPacket{});
  DropOthers(plan, TableId::kArp, Field::kArpTpa, {ValueOf(Ip(kNextHop4))}, ArpPacket{});
  plan.Flow(TableId::kArp, kExact)
      .Match(FromPort{flow::kPortLocal}, ArpRequest{kNextHop4})
      .Do(ArpReply{kGatewayMac}, ToInPort{});

  const NdMessage solicitation{NdType::kNeighborSolicitation};
  if (!view.datapath().nd_flows)
    return plan.Flow(TableId::kClassify, kFirst).Match(solicitation).Drop();
  plan.Flow(TableId::kClassify, kFirst).Match(solicitation).Do(GoTo{TableId::kNd});
  DropOthers(plan, TableId::kNd, Field::kEthDst, {gateway, ValueOf(kNextHop6GroupMac)});
  DropOthers(plan, TableId::kNd, Field::kNdTarget, {ValueOf(Ip(kNextHop6))}, NdSolicitation{});
  DropOthers(plan, TableId::kNd, Field::kIpv6Dst,
             {ValueOf(Ip(kNextHop6)), ValueOf(Ip(kNextHop6Group))}, IpPacket{Family::kIpv6});
  // A second option would be overwritten, and so looked at as a whole.
  DropOthers(plan, TableId::kNdReply, Field::kNdTll, {Value()},
             NdMessage{NdType::kNeighborAdvertisement});
  plan.Flow(TableId::kNdReply, kExact)
      .Match(NdMessage{NdType::kNeighborAdvertisement})
      .Do(NdReplyOption{kGatewayMac}, ToInPort{});
}

void AnswerPod(const View& view, const world::Port& port, Plan& plan) {
  const FromPort from_pod{port.ofport};
  std::vector<Value> own4, own6;
  for (const Ip& ip : RoutableIps(view, port)) {
    if (ip.is4()) {
      own4.push_back(ValueOf(ip));
      plan.Flow(TableId::kArp, kExact)
          .Match(from_pod, ArpSender{ip.v4(), port.mac}, ArpRequest{kNextHop4})
          .Do(ArpReply{kGatewayMac}, ToInPort{});
    } else if (view.datapath().nd_flows) {
      own6.push_back(ValueOf(ip));
      plan.Flow(TableId::kNd, kExact)
          .Match(from_pod, NdSolicitor{ip.v6(), port.mac}, NdTarget{kNextHop6})
          .Do(NdReply{kGatewayMac}, GoTo{TableId::kNdReply});
    }
  }
  const std::vector<Value> mac = {ValueOf(port.mac)};
  if (!own4.empty()) {
    DropOthers(plan, TableId::kArp, Field::kArpSha, mac, from_pod, ArpPacket{});
    DropOthers(plan, TableId::kArp, Field::kArpSpa, own4, from_pod, ArpPacket{});
  }
  if (!own6.empty()) {
    DropOthers(plan, TableId::kNd, Field::kNdSll, mac, from_pod, NdSolicitation{});
    DropOthers(plan, TableId::kNd, Field::kIpv6Src, own6, from_pod, NdSolicitation{});
  }
}

}  // namespace kvs::pipeline
