#include "flow/arbitrary.h"

#include <algorithm>

namespace kvs::flow {
namespace {

using enum Field;
using rc::gen::element;
using rc::gen::inRange;

// A protocol and the fields that it allows.
struct Protocol {
  const char* match;
  std::vector<Field> fields;
  bool four = false, six = false;
};

const std::vector<Protocol>& Protocols() {
  const std::vector<Field> ip = {kIpDscp, kIpEcn, kIpTtl, kIpFrag};
  const auto with = [](std::vector<Field> fields, const std::vector<Field>& more) {
    fields.insert(fields.end(), more.begin(), more.end());
    return fields;
  };
  const auto four = with(ip, {kIpv4Src, kIpv4Dst});
  const auto six = with(ip, {kIpv6Src, kIpv6Dst, kIpv6Label});
  const std::vector<Field> arp = {kArpOp, kArpSpa, kArpTpa, kArpSha, kArpTha};
  const std::vector<Field> tcp = {kTcpSrc, kTcpDst, kTcpFlags};
  const std::vector<Field> nd = {kIcmpv6Type, kNdTarget, kNdReserved, kNdOptionsType};
  static const std::vector<Protocol> protocols = {
      {"", {}},
      {"dl_type=0x88cc", {}},
      {"arp", arp},
      {"rarp", arp},
      {"ip", four, true},
      {"ip,nw_proto=89", four, true},
      {"tcp", with(four, tcp), true},
      {"udp", with(four, {kUdpSrc, kUdpDst}), true},
      {"sctp", with(four, {kSctpSrc, kSctpDst}), true},
      {"icmp", with(four, {kIcmpv4Type, kIcmpv4Code}), true},
      {"ipv6", six, false, true},
      {"ipv6,nw_proto=1", six, false, true},
      {"tcp6", with(six, tcp), false, true},
      {"udp6", with(six, {kUdpSrc, kUdpDst}), false, true},
      {"sctp6", with(six, {kSctpSrc, kSctpDst}), false, true},
      {"icmp6", with(six, {kIcmpv6Type, kIcmpv6Code}), false, true},
      {"icmp6,icmp_type=135,icmp_code=0", with(nd, {kNdSll}), false, true},
      {"icmp6,icmp_type=136,icmp_code=0", with(nd, {kNdTll}), false, true},
  };
  return protocols;
}

// The fields that any packet has.
const std::vector<Field>& CommonFields() {
  static const std::vector<Field> fields = [] {
    std::vector<Field> out = {kPktMark,  kConjId,   kCtZone, kCtMark,     kCtLabel,
                              kTunId,    kTunSrc,   kTunDst, kTunIpv6Src, kTunIpv6Dst,
                              kTunFlags, kMetadata, kInPort, kEthSrc,     kEthDst};
    for (int n = 0; n < 16; ++n) out.push_back(Reg(n));
    return out;
  }();
  return fields;
}

bool Maybe() { return *inRange(0, 3) == 0; }

Value AnyValue(int bits) {
  Value value;
  for (auto& byte : value.bytes) byte = *inRange<int>(0, 256);
  return value & Value::Ones(bits);
}

Value AnyMask(const FieldInfo& info) {
  const Value all = Value::Ones(info.bits);
  if (!info.maskable || Maybe()) return all;
  const bool address = info.format == Format::kIp4 || info.format == Format::kIp6;
  const int length = *inRange(1, info.bits + 1);
  if (address && !Maybe()) return Value::Ones(length).Shifted(info.bits - length);
  Value mask = AnyValue(info.bits);
  // ovs-ofctl takes an IPv6 mask that begins with a digit for a prefix length.
  if (info.format == Format::kIp6) mask.bytes[0] |= 0xf0;
  return mask.IsZero() ? all : mask;
}

uint32_t AnyPort() {
  return Maybe() ? *element(OfPort{kPortLocal}, OfPort{kPortController}) : *inRange(0u, 0xff00u);
}

// A value that ovs-ofctl can write, of a field that is not kVlanTci, kPacketType or kCtState.
void SetAny(Match& match, Field field) {
  const FieldInfo& info = InfoOf(field);
  if (field == kInPort) {
    match.Set(field, AnyPort());
  } else if (field == kIpFrag) {
    const auto [value, mask] = *element<std::pair<int, int>>(
        std::pair{0, 3}, std::pair{1, 1}, std::pair{1, 3}, std::pair{3, 3}, std::pair{0, 2});
    match.Set(field, value, mask);
  } else if (field == kArpOp) {
    match.Set(field, *inRange(0, 256));
  } else {
    const Value value = AnyValue(info.bits);
    match.Set(field, value, AnyMask(info));
  }
}

void SetVlan(Match& match) {
  const uint64_t vid = *inRange(0, 0x1000), pcp = *inRange(0, 8) << 13;
  switch (*inRange(0, 5)) {
    case 0:
      match.Set(kVlanTci, 0);
      break;
    case 1:
      match.Set(kVlanTci, 0x1000, 0x1000);
      break;
    case 2:
      match.Set(kVlanTci, 0x1000 | vid, 0x1fff);
      break;
    case 3:
      match.Set(kVlanTci, 0x1000 | pcp, 0xf000);
      break;
    default:
      match.Set(kVlanTci, 0x1000 | vid | pcp);
  }
}

void SetConntrack(Match& match, const Protocol& protocol) {
  const bool ip = protocol.four || protocol.six;
  // ct(commit) is refused for packets of +inv, so these occur only where there is no ct().
  // ovs-ofctl takes a mask of all eight flags for an exact match.
  uint64_t mask = *inRange(1, 0x100);
  if ((mask | kCtTrk | kCtInv) == 0xff) mask ^= kCtRel;
  const uint64_t value = *inRange(0, 0x100) & (ip ? ~0x10 : 0xff);
  if (Maybe() || !ip) {
    match.Set(kCtState, value & mask, Maybe() ? 0xffffffff : mask);
    return;
  }
  match.Set(kCtState, (value & mask) | kCtTrk, mask | kCtTrk | kCtInv);
  for (const Field field :
       protocol.four ? std::vector{kCtNwSrc, kCtNwDst} : std::vector{kCtIpv6Src, kCtIpv6Dst}) {
    if (Maybe()) SetAny(match, field);
  }
  if (!Maybe()) return;
  match.Set(kCtNwProto, *element(6, 17, 132));
  for (const Field field : {kCtTpSrc, kCtTpDst}) {
    if (Maybe()) SetAny(match, field);
  }
}

Match MakeMatch(const Protocol& protocol) {
  Match match = *Match::Parse(protocol.match);
  for (const auto& fields : {CommonFields(), protocol.fields}) {
    for (const Field field : fields) {
      if (field == kIcmpv6Type && match.Find(field)) continue;
      if (*inRange(0, 8) == 0) SetAny(match, field);
    }
  }
  // Later fragments have no ports or ICMP type that could be matched or set.
  const bool ports = !protocol.fields.empty() && protocol.fields.back() >= kTcpSrc;
  const auto fragment = match.Find(kIpFrag);
  if (ports && fragment && fragment->value.ToInt() == 3) match.Set(kIpFrag, 0, 2);
  if (*inRange(0, 5) == 0) SetVlan(match);
  if (Maybe()) SetConntrack(match, protocol);
  return match;
}

Subfield AnyRegisterBits(int bits) {
  return {Reg(*inRange(0, 16)), static_cast<uint8_t>(*inRange(0, 33 - bits)),
          static_cast<uint8_t>(bits)};
}

Action AnySetField(const Protocol& protocol, std::vector<Field> fields) {
  fields.insert(fields.end(), protocol.fields.begin(), protocol.fields.end());
  std::erase_if(fields, [](Field field) {
    return !InfoOf(field).writable || field == kCtMark || field == kCtLabel;
  });
  Match match;  // makes a value that suits the field
  const Field field = *rc::gen::elementOf(fields);
  SetAny(match, field);
  const auto item = match.Find(field);
  return SetField{field, item->value, item->mask};
}

Nat AnyNat(bool six, bool commit) {
  Nat nat;
  if (!commit) return nat;
  nat.kind = *element(Nat::Kind::kSource, Nat::Kind::kDestination);
  if (Maybe()) return nat;
  Ip6 first{AnyValue(128).bytes};
  first.bytes[0] = 0xfd;
  const Ip4 low = Ip4::FromInt(*inRange(1u, 0xfffffff0u));
  nat.first = six ? Ip(first) : Ip(low);
  if (Maybe()) {
    first.bytes[0] = 0xfe;
    nat.last = six ? Ip(first) : Ip(Ip4::FromInt(low.ToInt() + 5));
  }
  if (Maybe()) nat.first_port = *inRange(1, 0xffff);
  if (nat.first_port && Maybe()) nat.last_port = *inRange<int>(nat.first_port, 0x10000);
  nat.persistent = Maybe();
  nat.random = Maybe();
  nat.hash = !nat.random && Maybe();
  return nat;
}

Ct AnyCt(bool six) {
  Ct ct;
  ct.commit = Maybe();
  ct.force = ct.commit && Maybe();
  ct.zone = static_cast<uint16_t>(*inRange(0, 0x10000));
  if (Maybe()) ct.zone = AnyRegisterBits(16);
  if (Maybe()) ct.table = *inRange(0, 255);
  if (Maybe()) ct.nat = AnyNat(six, ct.commit);
  if (!ct.commit) return ct;
  if (Maybe()) ct.exec.push_back(SetField{kCtMark, Value::FromInt(2), Value::FromInt(6)});
  if (Maybe()) ct.exec.push_back(SetField{kCtLabel, AnyValue(128), Value::Ones(128)});
  if (Maybe()) ct.exec.push_back(Move{AnyRegisterBits(8), {kCtMark, 16, 8}});
  return ct;
}

Learn AnyLearn(const Protocol& protocol) {
  using Kind = Learn::Spec::Kind;
  Learn learn;
  learn.table = *inRange(0, 255);
  learn.priority = *inRange(0, 0x10000);
  if (Maybe()) learn.idle_timeout = *inRange(1, 0x10000);
  if (Maybe()) learn.hard_timeout = *inRange(1, 0x10000);
  if (Maybe()) learn.cookie = *rc::gen::arbitrary<uint64_t>();
  learn.delete_learned = Maybe();
  const Subfield in_port = Subfield::Whole(kInPort), source = Subfield::Whole(kEthSrc);
  if (protocol.four) {
    const Subfield address = Subfield::Whole(kIpv4Src);
    learn.specs.push_back(
        {Kind::kMatchValue, {}, Subfield::Whole(kEthType), Value::FromInt(0x800)});
    learn.specs.push_back({Kind::kMatchField, address, address, {}});
  }
  if (Maybe()) learn.specs.push_back({Kind::kMatchField, source, Subfield::Whole(kEthDst), {}});
  if (Maybe()) {
    const Subfield bits = AnyRegisterBits(*inRange(1, 32));
    learn.specs.push_back({Kind::kMatchValue, {}, bits, AnyValue(bits.bits)});
  }
  if (Maybe()) {
    const int bits = *inRange(1, 33);
    learn.specs.push_back({Kind::kLoadField, AnyRegisterBits(bits), AnyRegisterBits(bits), {}});
  }
  if (Maybe()) {
    const Subfield bits = AnyRegisterBits(*inRange(1, 33));
    learn.specs.push_back({Kind::kLoadValue, {}, bits, AnyValue(bits.bits)});
  }
  if (Maybe()) learn.specs.push_back({Kind::kOutput, in_port, {}, {}});
  return learn;
}

Controller AnyController() {
  Controller controller;
  if (Maybe()) controller.max_len = *inRange(0, 0x10000);
  for (int i = *inRange(0, 5); i > 0 && Maybe(); --i) {
    controller.userdata.push_back(static_cast<char>(*inRange(0, 256)));
  }
  controller.pause = Maybe();
  if (Maybe()) controller.meter = *inRange(1, 1000);
  return controller;
}

Resubmit AnyResubmit() {
  Resubmit resubmit;
  if (Maybe()) resubmit.in_port = Maybe() ? kPortLocal : *inRange(0u, 0xff00u);
  if (!resubmit.in_port || Maybe()) resubmit.table = *inRange(0, 255);
  return resubmit;
}

Action AnyAction(const Protocol& protocol) {
  const bool ip = protocol.four || protocol.six;
  const int bits = *inRange(1, 33);
  switch (*inRange(0, ip ? 12 : 9)) {
    case 0:
      return Output{Maybe() ? *element(OfPort{kPortInPort}, OfPort{kPortLocal}, OfPort{kPortNormal})
                            : *inRange(1u, 0xff00u)};
    case 1:
      return OutputReg{AnyRegisterBits(*inRange(1, 33))};
    case 2:
    case 3:
      return AnySetField(protocol, CommonFields());
    case 4:
      return Move{AnyRegisterBits(bits), AnyRegisterBits(bits)};
    case 5:
      return AnyResubmit();
    case 6:
      return ToGroup{*inRange(0u, 0xffffff00u)};
    case 7:
      return AnyController();
    case 8:
      return CtClear{};
    case 9:
      return DecTtl{};
    case 10:
      return AnyCt(protocol.six);
    default:
      return AnyLearn(protocol);
  }
}

Actions MakeActions(const Protocol& protocol) {
  Actions actions;
  for (int i = *inRange(0, 5); i > 0; --i) actions.push_back(AnyAction(protocol));
  return actions;
}

Actions MakeConjunctions() {
  Actions actions;
  for (int i = *inRange(1, 4); i > 0; --i) {
    const int of = *inRange(2, 65);
    actions.push_back(Conjunction{*rc::gen::arbitrary<uint32_t>(),
                                  static_cast<uint8_t>(*inRange(1, of + 1)),
                                  static_cast<uint8_t>(of)});
  }
  return actions;
}

}  // namespace

rc::Gen<Match> AnyMatch() {
  return rc::gen::exec([] { return MakeMatch(*rc::gen::elementOf(Protocols())); });
}

rc::Gen<Match> WildMatch() {
  return rc::gen::exec([] {
    Match match;
    for (int i = *inRange(0, 12); i > 0; --i) {
      const auto field = static_cast<Field>(*inRange(0, static_cast<int>(kCount)));
      match.Set(field, AnyValue(128), AnyMask(InfoOf(field)));
    }
    return match;
  });
}

rc::Gen<Flow> AnyFlow() {
  return rc::gen::exec([] {
    const Protocol& protocol = *rc::gen::elementOf(Protocols());
    Flow flow;
    flow.key.table = *inRange(0, 255);
    flow.key.priority = *inRange(0, 0x10000);
    flow.key.match = MakeMatch(protocol);
    flow.cookie = *rc::gen::arbitrary<uint64_t>();
    if (Maybe()) flow.idle_timeout = *inRange(0, 0x10000);
    if (Maybe()) flow.hard_timeout = *inRange(0, 0x10000);
    if (*inRange(0, 8) == 0) {
      flow.actions = MakeConjunctions();
      return flow;
    }
    if (Maybe()) flow.actions.push_back(ThroughMeter{*inRange(1u, 1000u)});
    for (Action& action : MakeActions(protocol)) flow.actions.push_back(std::move(action));
    if (Maybe() && flow.key.table < 254) {
      flow.actions.push_back(GotoTable{static_cast<uint8_t>(*inRange(flow.key.table + 1, 255))});
    }
    return flow;
  });
}

rc::Gen<Group> AnyGroup() {
  return rc::gen::exec([] {
    Group group;
    group.group_id = *inRange(0u, 0xffffff00u);
    group.type = *element(Group::Type::kAll, Group::Type::kSelect, Group::Type::kIndirect);
    const bool select = group.type == Group::Type::kSelect;
    if (select) group.selection = *element(Group::Selection::kHash, Group::Selection::kDpHash);
    if (group.selection == Group::Selection::kHash) {
      for (const Field field : {kEthType, kIpv4Src, kIpv4Dst, kIpProto, kTcpSrc}) {
        if (Maybe()) group.hash_fields.push_back(field);
      }
    }
    const int count = group.type == Group::Type::kIndirect ? 1 : *inRange(0, 4);
    for (int i = 0; i < count; ++i) {
      Bucket bucket{.id = static_cast<uint32_t>(i * 7)};
      if (select) bucket.weight = *inRange(0, 0x10000);
      bucket.actions = MakeActions(Protocols().front());
      group.buckets.push_back(std::move(bucket));
    }
    return group;
  });
}

rc::Gen<Meter> AnyMeter() {
  return rc::gen::exec([] {
    return Meter{*inRange(1u, kMaxMeter), *inRange(1u, 0xffffffffu), *inRange(1u, 0xffffffffu)};
  });
}

}  // namespace kvs::flow
