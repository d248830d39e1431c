#include "pipeline/terms.h"

#include <utility>

#include "pipeline/others.h"

namespace kvs::pipeline {
namespace {

using flow::Field;
using flow::Subfield;
using flow::Value;

constexpr uint64_t kEthArp = 0x0806, kEth4 = 0x0800, kEth6 = 0x86dd;
constexpr uint64_t kUdp = 17, kIcmp6 = 58;
constexpr uint64_t kArpOpRequest = 1, kArpOpReply = 2;
constexpr uint64_t kTagPresent = 0x1000;    // the CFI bit, as OVS has it (ovs-fields(7), vlan_tci)
constexpr uint64_t kAnyFragment = 1;        // bit 0 of nw_frag (ovs-fields(7))
constexpr uint64_t kTargetLinkAddress = 2;  // RFC 4861, 4.6.1
// RFC 4861, 4.4: the R, S and O flags.
constexpr uint64_t kRouterSolicitedOverride = uint64_t{7} << 29;
constexpr uint64_t kMaxHopLimit = 255;

void Set(flow::Actions& actions, Field field, Value value) {
  actions.push_back(flow::SetField{field, value, Value::Ones(flow::InfoOf(field).bits)});
}
void Set(flow::Actions& actions, Field field, uint64_t value) {
  Set(actions, field, Value::FromInt(value));
}
void Move(flow::Actions& actions, Subfield source, Subfield target) {
  actions.push_back(flow::Move{source, target});
}
void MoveWhole(flow::Actions& actions, Field source, Field target) {
  Move(actions, Subfield::Whole(source), Subfield::Whole(target));
}

Subfield MarkBitsOf(Field field) {
  return {field, kMark.first, static_cast<uint8_t>(kMark.last - kMark.first + 1)};
}

constexpr uint64_t kCommittedMark = uint64_t{1} << kCommittedMarkBit;
constexpr uint64_t kGenerationMask = uint64_t{kMostMarkGeneration} << kMarkGenerationBit;

uint64_t GenerationBits(uint8_t generation) { return uint64_t{generation} << kMarkGenerationBit; }

}  // namespace

void FromPort::AddTo(flow::Match& match) const { match.Set(Field::kInPort, port); }

void FromMac::AddTo(flow::Match& match) const { match.Set(Field::kEthSrc, mac); }

void Tagged::AddTo(flow::Match& match) const {
  match.Set(Field::kVlanTci, kTagPresent, kTagPresent);
}

void IpPacket::AddTo(flow::Match& match) const {
  match.Set(Field::kEthType, family == Family::kIpv6 ? kEth6 : kEth4);
}

void ArpPacket::AddTo(flow::Match& match) const { match.Set(Field::kEthType, kEthArp); }

void Source::AddTo(flow::Match& match) const {
  IpPacket{prefix.family()}.AddTo(match);
  match.Set(Field::kIpv4Src, Field::kIpv6Src, prefix);
}

void Destination::AddTo(flow::Match& match) const {
  IpPacket{prefix.family()}.AddTo(match);
  match.Set(Field::kIpv4Dst, Field::kIpv6Dst, prefix);
}

void Ttl::AddTo(flow::Match& match) const { match.Set(Field::kIpTtl, hops); }

void ArpRequest::AddTo(flow::Match& match) const {
  ArpPacket{}.AddTo(match);
  match.Set(Field::kArpOp, kArpOpRequest);
  match.Set(Field::kArpTpa, Ip(target));
}

void ArpSender::AddTo(flow::Match& match) const {
  ArpPacket{}.AddTo(match);
  FromMac{mac}.AddTo(match);
  match.Set(Field::kArpSha, mac);
  match.Set(Field::kArpSpa, Ip(ip));
}

void NdMessage::AddTo(flow::Match& match) const {
  IpPacket{Family::kIpv6}.AddTo(match);
  match.Set(Field::kIpProto, kIcmp6);
  match.Set(Field::kIcmpv6Type, static_cast<uint64_t>(type));
}

void NdSolicitation::AddTo(flow::Match& match) const {
  NdMessage{NdType::kNeighborSolicitation}.AddTo(match);
  match.Set(Field::kIcmpv6Code, 0);
}

void NdSolicitor::AddTo(flow::Match& match) const {
  NdSolicitation{}.AddTo(match);
  FromMac{mac}.AddTo(match);
  match.Set(Field::kIpv6Src, Ip(ip));
  match.Set(Field::kNdSll, mac);
  match.Set(Field::kIpTtl, kMaxHopLimit);
}

void NdTarget::AddTo(flow::Match& match) const {
  NdSolicitation{}.AddTo(match);
  match.Set(Field::kNdTarget, Ip(ip));
}

void Udp::AddTo(flow::Match& match) const {
  IpPacket{family}.AddTo(match);
  match.Set(Field::kIpProto, kUdp);
}

void UdpPorts::AddTo(flow::Match& match) const {
  Udp{family}.AddTo(match);
  match.Set(Field::kUdpSrc, source);
  match.Set(Field::kUdpDst, destination);
}

void TunnelFrom::AddTo(flow::Match& match) const {
  FromPort{port}.AddTo(match);
  match.Set(Field::kTunId, kTunnelKey);
  match.Set(Field::kTunSrc, Field::kTunIpv6Src, Prefix::Host(endpoint));
}

void TunnelAt::AddTo(flow::Match& match) const {
  match.Set(Field::kTunDst, Field::kTunIpv6Dst, Prefix::Host(endpoint));
}

void Gre::AddTo(flow::Match& match) const {
  IpPacket{family}.AddTo(match);
  match.Set(Field::kIpProto, kGreProtocol);
}

void Tracked::AddTo(flow::Match& match) const {
  match.Set(Field::kCtState, set | flow::kCtTrk, set | clear | flow::kCtTrk);
}

void Fragment::AddTo(flow::Match& match) const {
  IpPacket{family}.AddTo(match);
  match.Set(Field::kIpFrag, kAnyFragment, kAnyFragment);
}

void Uncommitted::AddTo(flow::Match& match) const { match.Set(Field::kCtMark, 0, kCommittedMark); }

void MarkOfGeneration::AddTo(flow::Match& match) const {
  match.Set(Field::kCtMark, GenerationBits(generation), kGenerationMask);
}

void AddRegister(flow::Match& match, const RegBits& bits, uint32_t value) {
  const auto had = match.Find(bits.field());
  const uint64_t old_value = had ? had->value.ToInt() : 0;
  const uint64_t old_mask = had ? had->mask.ToInt() : 0;
  match.Set(bits.field(), old_value | value, old_mask | bits.mask());
}

void GoTo::AddTo(flow::Actions& actions) const { actions.push_back(flow::GotoTable{NumberOf(id)}); }

void AddLoad(flow::Actions& actions, const RegBits& bits, uint32_t value) {
  actions.push_back(
      flow::SetField{bits.field(), Value::FromInt(value), Value::FromInt(bits.mask())});
}

void Track::AddTo(flow::Actions& actions) const {
  flow::Ct ct;
  ct.zone = static_cast<uint16_t>(zone);
  ct.table = NumberOf(id);
  actions.push_back(std::move(ct));
}

void RecallMark::AddTo(flow::Actions& actions) const {
  Move(actions, MarkBitsOf(Field::kCtMark), MarkBitsOf(kMark.field()));
}

void RecallMarkOf::AddTo(flow::Actions& actions) const {
  AddLoad(actions, kMark, 0);
  for (const auto& [name, bits] : kRegisterMap) {
    const auto there = layout.bits.find(std::string(name));
    if (InMark(bits) && there != layout.bits.end())
      Move(actions, {Field::kCtMark, there->second, 1}, {bits.field(), bits.first, 1});
  }
}

void CommitWithMark::AddTo(flow::Actions& actions) const {
  flow::Ct ct;
  ct.commit = true;
  ct.zone = static_cast<uint16_t>(Zone::kPolicy);
  Move(ct.exec, MarkBitsOf(kMark.field()), MarkBitsOf(Field::kCtMark));
  ct.exec.push_back(flow::SetField{Field::kCtMark,
                                   Value::FromInt(GenerationBits(generation) | kCommittedMark),
                                   Value::FromInt(kGenerationMask | kCommittedMark)});
  actions.push_back(std::move(ct));
}

void Metered::AddTo(flow::Actions& actions) const { actions.push_back(flow::ThroughMeter{meter}); }

void DecTtl::AddTo(flow::Actions& actions) const { actions.push_back(flow::DecTtl{}); }

void SetEthAddrs::AddTo(flow::Actions& actions) const {
  Set(actions, Field::kEthSrc, ValueOf(source));
  Set(actions, Field::kEthDst, ValueOf(destination));
}

void ClearInPort::AddTo(flow::Actions& actions) const { Set(actions, Field::kInPort, uint64_t{0}); }

void ToPort::AddTo(flow::Actions& actions) const { actions.push_back(flow::Output{port}); }

void ToInPort::AddTo(flow::Actions& actions) const {
  actions.push_back(flow::Output{flow::kPortInPort});
}

void TunnelTo::AddTo(flow::Actions& actions) const {
  Set(actions, Field::kTunId, kTunnelKey);
  if (source) Set(actions, source->is6() ? Field::kTunIpv6Src : Field::kTunSrc, ValueOf(*source));
  Set(actions, endpoint.is6() ? Field::kTunIpv6Dst : Field::kTunDst, ValueOf(endpoint));
}

void ArpReply::AddTo(flow::Actions& actions) const {
  MoveWhole(actions, Field::kEthSrc, Field::kEthDst);
  Set(actions, Field::kEthSrc, ValueOf(mac));
  Set(actions, Field::kArpOp, kArpOpReply);
  MoveWhole(actions, Field::kArpSha, Field::kArpTha);
  Set(actions, Field::kArpSha, ValueOf(mac));
  MoveWhole(actions, Field::kArpTpa, kScratch.field());
  MoveWhole(actions, Field::kArpSpa, Field::kArpTpa);
  MoveWhole(actions, kScratch.field(), Field::kArpSpa);
}

void NdReply::AddTo(flow::Actions& actions) const {
  MoveWhole(actions, Field::kEthSrc, Field::kEthDst);
  Set(actions, Field::kEthSrc, ValueOf(mac));
  MoveWhole(actions, Field::kIpv6Src, Field::kIpv6Dst);
  MoveWhole(actions, Field::kNdTarget, Field::kIpv6Src);
  Set(actions, Field::kNdOptionsType, kTargetLinkAddress);
  Set(actions, Field::kIcmpv6Type, static_cast<uint64_t>(NdType::kNeighborAdvertisement));
}

void NdReplyOption::AddTo(flow::Actions& actions) const {
  Set(actions, Field::kNdReserved, kRouterSolicitedOverride);
  Set(actions, Field::kNdTll, ValueOf(mac));
}

}  // namespace kvs::pipeline
