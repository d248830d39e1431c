#include "openflow/generate.h"

#include <rapidcheck.h>

#include <algorithm>

namespace kvs::openflow::generate {
namespace {

using flow::Field;
using flow::Match;
using flow::Subfield;
using flow::Value;

// Of the whole range at once, not of one that grows with the number of the trial.
uint64_t Number(uint64_t below) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<uint64_t>(0, below));
}
bool Coin() { return Number(2) == 1; }

template <class T>
T OneOf(std::initializer_list<T> values) {
  return values.begin()[Number(values.size())];
}

Value Bits(int bits) {
  Value value;
  for (int i = 0; i < bits; i += 8) value.bytes[15 - i / 8] = static_cast<uint8_t>(Number(256));
  const Value ones = Value::Ones(bits);
  for (size_t i = 0; i < 16; ++i) value.bytes[i] &= ones.bytes[i];
  return value;
}

Value And(Value value, const Value& mask) {
  for (size_t i = 0; i < 16; ++i) value.bytes[i] &= mask.bytes[i];
  return value;
}

void SetVlan(Match& match) {
  switch (Number(4)) {
    case 0:
      match.Set(Field::kVlanTci, 0);
      break;
    case 1:
      match.Set(Field::kVlanTci, 0x1000, 0x1000);
      break;
    case 2:
      match.Set(Field::kVlanTci, 0x1000 | Number(0x1000), 0x1fff);
      break;
    default:
      match.Set(Field::kVlanTci, 0x1000 | Number(0x1000) | Number(8) << 13, 0xffff);
  }
}

void SetAny(Match& match, Field field) {
  if (field == Field::kPacketType) return;  // only 0 is Ethernet, and that goes without saying
  if (field == Field::kVlanTci) return SetVlan(match);
  const flow::FieldInfo& info = flow::InfoOf(field);
  const Value mask = info.maskable && Coin() ? Bits(info.bits) : Value::Ones(info.bits);
  if (mask != Value{}) match.Set(field, And(Bits(info.bits), mask), mask);
}

// ovs-ofctl reads masks of IPv6 addresses only if they are prefixes.
void SetPrefix(Match& match, Field field) {
  Value mask;
  const uint64_t length = 1 + Number(128);
  for (uint64_t bit = 0; bit < length; ++bit)
    mask.bytes[bit / 8] = static_cast<uint8_t>(mask.bytes[bit / 8] | 0x80 >> bit % 8);
  match.Set(field, And(Bits(128), mask), mask);
}

Field AnyWritable() {
  for (;;) {
    const auto field = static_cast<Field>(Number(static_cast<uint64_t>(Field::kCount)));
    if (flow::InfoOf(field).writable && field != Field::kVlanTci) return field;
  }
}

// Of a register: what everybody can read and write.
Subfield AnyRegister(int bits) {
  const auto offset = static_cast<uint8_t>(Number(static_cast<uint64_t>(33 - bits)));
  return {flow::Reg(static_cast<int>(Number(16))), offset, static_cast<uint8_t>(bits)};
}

flow::SetField AnySetField(Field field) {
  const flow::FieldInfo& info = flow::InfoOf(field);
  // in_port has 16 bits here.
  if (field == Field::kInPort) return {field, Value::FromInt(Number(0xff00)), Value::Ones(32)};
  const Value mask = info.maskable && Coin() ? Bits(info.bits) : Value::Ones(info.bits);
  if (mask == Value{}) return {field, Bits(info.bits), Value::Ones(info.bits)};
  return {field, And(Bits(info.bits), mask), mask};
}

Ip AnyIp(bool six) {
  if (!six) return Ip4::FromInt(static_cast<uint32_t>(Number(0xfffffffe) + 1));
  Ip6 ip;
  for (uint8_t& byte : ip.bytes) byte = static_cast<uint8_t>(Number(256));
  ip.bytes[0] = 0xfd;
  return ip;
}

// A range of ports needs the second not below the first.
flow::Nat AnyNat(bool six) {
  flow::Nat nat;
  if (Coin()) return nat;
  nat.kind = OneOf({flow::Nat::Kind::kSource, flow::Nat::Kind::kDestination});
  nat.first = AnyIp(six);
  if (Coin()) {
    nat.last = nat.first;
    while (*nat.last <= *nat.first)
      nat.last = AnyIp(six), nat.first = std::min(*nat.first, *nat.last);
  }
  if (Coin()) nat.first_port = static_cast<uint16_t>(1 + Number(60000));
  if (nat.first_port != 0 && Coin())
    nat.last_port = static_cast<uint16_t>(nat.first_port + 1 + Number(1000));
  nat.random = Coin();
  nat.hash = !nat.random && Coin();
  nat.persistent = Coin();
  return nat;
}

flow::Ct AnyCt(bool six) {
  flow::Ct ct;
  ct.commit = Coin();
  ct.force = ct.commit && Coin();
  if (Coin())
    ct.zone = static_cast<uint16_t>(Number(0x10000));
  else
    ct.zone = AnyRegister(16);
  if (Coin()) ct.table = static_cast<uint8_t>(Number(255));
  if (!ct.commit) {
    if (Coin()) ct.nat = flow::Nat{};
    return ct;
  }
  if (Coin()) ct.alg = OneOf<uint16_t>({21, 69});
  if (Coin()) ct.nat = AnyNat(six);
  if (Coin()) ct.exec.push_back(AnySetField(Field::kCtMark));
  if (Coin()) ct.exec.push_back(AnySetField(Field::kCtLabel));
  if (Coin()) ct.exec.push_back(flow::Move{AnyRegister(7), {Field::kCtMark, 3, 7}});
  return ct;
}

flow::Learn AnyLearn() {
  using Spec = flow::Learn::Spec;
  flow::Learn learn;
  learn.table = static_cast<uint8_t>(Number(255));
  learn.idle_timeout = static_cast<uint16_t>(Number(0x10000));
  learn.hard_timeout = static_cast<uint16_t>(Number(0x10000));
  learn.priority = static_cast<uint16_t>(Number(0x10000));
  learn.cookie = Number(UINT64_MAX);
  learn.delete_learned = Coin();
  if (Coin())
    learn.specs.push_back({Spec::Kind::kMatchField,
                           Subfield::Whole(Field::kEthSrc),
                           Subfield::Whole(Field::kEthDst),
                           {}});
  if (Coin())
    learn.specs.push_back(
        {Spec::Kind::kMatchValue, {}, Subfield::Whole(Field::kEthType), Value::FromInt(0x800)});
  if (Coin()) learn.specs.push_back({Spec::Kind::kLoadField, AnyRegister(5), AnyRegister(5), {}});
  if (Coin()) learn.specs.push_back({Spec::Kind::kLoadValue, {}, AnyRegister(9), Bits(9)});
  if (Coin()) learn.specs.push_back({Spec::Kind::kOutput, AnyRegister(16), {}, {}});
  return learn;
}

flow::Controller AnyController() {
  flow::Controller controller;
  if (Coin()) controller.userdata = std::string(1 + Number(20), static_cast<char>(Number(256)));
  if (Coin()) controller.max_len = static_cast<uint16_t>(Number(0x10000));
  controller.pause = Coin();
  if (Coin()) controller.meter = static_cast<uint32_t>(Number(100));
  return controller;
}

flow::Resubmit AnyResubmit() {
  flow::Resubmit resubmit;
  if (Coin()) resubmit.in_port = static_cast<uint16_t>(1 + Number(1000));
  if (!resubmit.in_port || Coin()) resubmit.table = static_cast<uint8_t>(Number(255));
  return resubmit;
}

flow::Action AnyAction(bool six) {
  switch (Number(13)) {
    case 0:
      return flow::Output{static_cast<uint32_t>(1 + Number(0xfe00))};
    case 1:
      return flow::Output{OneOf({flow::kPortInPort, flow::kPortLocal, flow::kPortNormal})};
    case 2:
      return flow::OutputReg{AnyRegister(16)};
    case 3:
      return AnySetField(flow::Reg(static_cast<int>(Number(16))));
    case 4:
      return AnySetField(OneOf({Field::kEthSrc, Field::kEthDst, Field::kTunId, Field::kTunDst,
                                Field::kInPort, Field::kPktMark, Field::kMetadata}));
    case 5: {
      const int bits = static_cast<int>(1 + Number(32));
      return flow::Move{AnyRegister(bits), AnyRegister(bits)};
    }
    case 6:
      return AnyResubmit();
    case 7:
      return flow::ToGroup{static_cast<uint32_t>(Number(0xffffff00))};
    case 8:
      return flow::CtClear{};
    case 9:
      return AnyController();
    case 10:
      return AnyCt(six);
    case 11:
      return AnyLearn();
    default:
      return flow::Output{1};
  }
}

// Fields that need what stands before them.
void SetProtocol(Match& match, bool& ip, bool& six) {
  const auto some = [&match](std::initializer_list<Field> fields) {
    for (const Field field : fields) {
      if (Number(3) != 0) continue;
      if (flow::InfoOf(field).format == flow::Format::kIp6)
        SetPrefix(match, field);
      else
        SetAny(match, field);
    }
  };
  const uint64_t kind = Number(6);
  if (kind == 0) return;
  if (kind == 1) {
    match.Set(Field::kEthType, 0x806);
    if (Coin()) match.Set(Field::kArpOp, 1 + Number(2));  // Open vSwitch takes 8 bits of it
    return some({Field::kArpSpa, Field::kArpTpa, Field::kArpSha, Field::kArpTha});
  }
  ip = true;
  six = Coin();
  match.Set(Field::kEthType, six ? 0x86dd : 0x800);
  if (six)
    some({Field::kIpv6Src, Field::kIpv6Dst, Field::kIpv6Label});
  else
    some({Field::kIpv4Src, Field::kIpv4Dst});
  some({Field::kIpDscp, Field::kIpEcn, Field::kIpTtl});
  if (kind == 3) {
    match.Set(Field::kIpProto, 6);
    some({Field::kTcpSrc, Field::kTcpDst, Field::kTcpFlags});
  } else if (kind == 4) {
    match.Set(Field::kIpProto, 17);
    some({Field::kUdpSrc, Field::kUdpDst});
  } else if (kind == 5 && six) {
    match.Set(Field::kIpProto, 58).Set(Field::kIcmpv6Type, 135).Set(Field::kIcmpv6Code, 0);
    some({Field::kNdTarget, Field::kNdSll});
  } else if (kind == 5) {
    match.Set(Field::kIpProto, 1);
    some({Field::kIcmpv4Type, Field::kIcmpv4Code});
  }
}

}  // namespace

Match AnyMatch() {
  Match match;
  for (uint64_t i = Number(8); i > 0; --i)
    SetAny(match, static_cast<Field>(Number(static_cast<uint64_t>(Field::kCount))));
  return match;
}

flow::Actions AnyActions() {
  flow::Actions actions;
  for (uint64_t i = Number(6); i > 0; --i) {
    switch (Number(6)) {
      case 0:
        actions.push_back(AnySetField(AnyWritable()));
        break;
      case 1:
        actions.push_back(flow::Conjunction{static_cast<uint32_t>(Number(UINT32_MAX)),
                                            static_cast<uint8_t>(1 + Number(64)), 64});
        break;
      case 2:
        actions.push_back(flow::DecTtl{});
        break;
      case 3:
        actions.push_back(flow::Meter{static_cast<uint32_t>(1 + Number(1000))});
        break;
      default:
        actions.push_back(AnyAction(Coin()));
    }
  }
  return actions;
}

flow::Flow AnyFlow() {
  flow::Flow flow;
  flow.key.table = static_cast<uint8_t>(Number(255));
  flow.key.priority = static_cast<uint16_t>(Number(0x10000));
  flow.key.match = AnyMatch();
  flow.cookie = Number(UINT64_MAX);
  flow.idle_timeout = static_cast<uint16_t>(Number(0x10000));
  flow.hard_timeout = static_cast<uint16_t>(Number(0x10000));
  flow.actions = AnyActions();
  if (Coin()) flow.actions.push_back(flow::GotoTable{static_cast<uint8_t>(Number(255))});
  return flow;
}

flow::Group AnyGroup() {
  flow::Group group;
  group.group_id = static_cast<uint32_t>(Number(0xffffff00));
  group.type = OneOf({flow::Group::Type::kSelect, flow::Group::Type::kAll});
  if (group.type == flow::Group::Type::kSelect) {
    group.selection = OneOf({flow::Group::Selection::kDefault, flow::Group::Selection::kHash,
                             flow::Group::Selection::kDpHash});
    if (group.selection == flow::Group::Selection::kHash && Coin())
      group.hash_fields = {Field::kIpv4Src, Field::kIpProto};
  }
  for (uint64_t i = Number(6); i > 0; --i) {
    flow::Bucket bucket;
    bucket.id = group.buckets.empty() ? 0 : group.buckets.back().id + 1;
    bucket.id += static_cast<uint32_t>(Number(10));
    if (group.type == flow::Group::Type::kSelect)
      bucket.weight = static_cast<uint16_t>(1 + Number(1000));
    bucket.actions = {AnyAction(false), flow::Output{1}};
    group.buckets.push_back(std::move(bucket));
  }
  return group;
}

flow::Flow ValidFlow() {
  flow::Flow flow;
  bool ip = false, six = false;
  flow.key.table = static_cast<uint8_t>(Number(100));
  flow.key.priority = static_cast<uint16_t>(Number(0x10000));
  flow.cookie = Number(UINT64_MAX);
  flow.idle_timeout = static_cast<uint16_t>(Number(100));
  Match& match = flow.key.match;
  SetProtocol(match, ip, six);
  for (uint64_t i = Number(4); i > 0; --i) SetAny(match, flow::Reg(static_cast<int>(Number(16))));
  for (const Field field :
       {Field::kCtMark, Field::kCtLabel, Field::kCtZone, Field::kPktMark, Field::kTunId,
        Field::kTunDst, Field::kMetadata, Field::kEthSrc, Field::kEthDst, Field::kVlanTci}) {
    if (Number(5) == 0) SetAny(match, field);
  }
  if (Coin()) match.Set(Field::kInPort, 1 + Number(100));
  if (Coin()) match.Set(Field::kCtState, flow::kCtTrk | flow::kCtEst, 0x20 | 0x02 | 0x10);
  if (Number(8) == 0) {
    flow.actions = {flow::Conjunction{static_cast<uint32_t>(Number(UINT32_MAX)), 2, 3}};
    return flow;
  }
  for (uint64_t i = Number(6); i > 0; --i) {
    flow::Action action = AnyAction(six);
    if (auto* ct = std::get_if<flow::Ct>(&static_cast<flow::ActionVariant&>(action))) {
      if (!ip) continue;
      const auto protocol = match.Find(Field::kIpProto);
      const uint64_t number = protocol ? protocol->value.ToInt() : 0;
      if (ct->alg != 0) ct->alg = number == 6 ? 21 : number == 17 ? 69 : 0;
    }
    flow.actions.push_back(std::move(action));
  }
  if (ip && Coin()) flow.actions.insert(flow.actions.begin(), flow::DecTtl{});
  if (Coin())
    flow.actions.push_back(flow::GotoTable{static_cast<uint8_t>(flow.key.table + 1 + Number(100))});
  return flow;
}

}  // namespace kvs::openflow::generate
