#include "openflow/action_numbers.h"
#include "openflow/actions.h"
#include "openflow/oxm.h"
#include "openflow/protocol.h"

namespace kvs::openflow {
namespace {

using flow::Action;
using flow::Actions;
using flow::Field;
using flow::Subfield;
using flow::Value;

// Every function decodes one action's body, which is all that its reader holds, and returns nullopt
// if flow::Action can't represent it. The caller checks that the reader is still ok().
using Parsed = std::optional<Action>;

// As in ct zones and in output to a register: (offset << 6) | (bits - 1).
std::optional<Subfield> Unpack(std::optional<Field> field, uint16_t packed) {
  return SubfieldInAction(field, packed >> 6, (packed & 0x3f) + 1);
}

Parsed ReadOutput(Reader& in) {
  const flow::OfPort port = in.U32();
  const uint16_t max_len = in.U16();
  if (port == flow::kPortController) return flow::Controller{.max_len = max_len};
  return flow::Output{port};
}

Parsed ReadSetField(Reader& in) {
  const auto item = ReadField(in);
  if (!item) return std::nullopt;
  return flow::SetField{item->field, item->value, item->mask};
}

Parsed ReadCopyField(Reader& in) {
  const uint16_t bits = in.U16();
  const uint16_t from = in.U16();
  const uint16_t to = in.U16();
  in.Skip(2);
  const auto source = SubfieldInAction(ReadFieldHeader(in), from, bits);
  const auto target = SubfieldInAction(ReadFieldHeader(in), to, bits);
  if (!source || !target) return std::nullopt;
  return flow::Move{*source, *target};
}

Parsed ReadResubmit(Reader& in, bool with_table, bool with_ct_tuple) {
  flow::Resubmit action;
  action.with_ct_tuple = with_ct_tuple;
  if (const flow::OfPort port = flow::FromShortPort(in.U16()); port != flow::kPortInPort)
    action.in_port = port;
  if (!with_table) return action;
  if (const uint8_t table = in.U8(); table != kNoTable) action.table = table;
  return action;
}

Parsed ReadOutputReg(Reader& in) {
  const uint16_t packed = in.U16();
  const auto source = Unpack(ReadFieldHeader(in), packed);
  if (!source) return std::nullopt;
  return flow::OutputReg{*source};
}

Parsed ReadConjunction(Reader& in) {
  const auto clause = static_cast<uint8_t>(in.U8() + 1);
  const uint8_t of = in.U8();
  return flow::Conjunction{in.U32(), clause, of};
}

// NXAST_CONTROLLER, which has fewer fields.
Parsed ReadController(Reader& in) {
  const uint16_t max_len = in.U16();
  const uint16_t controller = in.U16();
  const uint8_t reason = in.U8();
  if (controller != 0 || reason != kReasonAction) return std::nullopt;
  return flow::Controller{.max_len = max_len};
}

Parsed ReadController2(Reader& in) {
  flow::Controller action;
  in.Skip(6);
  while (in.more()) {
    Reader value;
    switch (static_cast<ControllerProperty>(Property::Read(in, value))) {
      case ControllerProperty::kMaxLength:
        action.max_len = value.U16();
        break;
      case ControllerProperty::kUserdata:
        action.userdata = value.Text(value.left());
        break;
      case ControllerProperty::kPause:
        action.pause = true;
        break;
      case ControllerProperty::kMeter:
        action.meter = value.U32();
        break;
      default:
        return std::nullopt;
    }
    if (!value.ok()) return std::nullopt;
  }
  return action;
}

Ip ReadIp(Reader& in, bool six) {
  if (!six) return Ip4::FromInt(in.U32());
  Ip6 ip;
  const auto bytes = in.Bytes(ip.bytes.size());
  std::copy(bytes.begin(), bytes.end(), ip.bytes.begin());
  return ip;
}

std::optional<flow::Nat> ReadNat(Reader& in) {
  using Kind = flow::Nat::Kind;
  flow::Nat nat;
  in.Skip(2);
  const uint16_t flags = in.U16();
  const uint16_t present = in.U16();
  if ((flags & kNatSource) != 0 && (flags & kNatDestination) != 0) return std::nullopt;
  if ((flags & kNatSource) != 0) nat.kind = Kind::kSource;
  if ((flags & kNatDestination) != 0) nat.kind = Kind::kDestination;
  if (nat.kind == Kind::kExisting && present != 0) return std::nullopt;
  nat.persistent = (flags & kNatPersistent) != 0;
  nat.hash = (flags & kNatHash) != 0;
  nat.random = (flags & kNatRandom) != 0;
  const bool six = (present & (kNatFirst6 | kNatLast6)) != 0;
  if (six && (present & (kNatFirst4 | kNatLast4)) != 0) return std::nullopt;
  if ((present & (kNatFirst4 | kNatFirst6)) != 0) nat.first = ReadIp(in, six);
  if ((present & (kNatLast4 | kNatLast6)) != 0) nat.last = ReadIp(in, six);
  if ((present & kNatFirstPort) != 0) nat.first_port = in.U16();
  if ((present & kNatLastPort) != 0) nat.last_port = in.U16();
  if (nat.last && !nat.first) return std::nullopt;
  return nat;
}

Parsed ReadLearn(Reader& in);
Parsed ReadCt(Reader& in);

Parsed ReadNicira(Reader& in) {
  if (in.U32() != kNicira) return std::nullopt;
  switch (static_cast<NiciraAction>(in.U16())) {
    case NiciraAction::kResubmit:
      return ReadResubmit(in, false, false);
    case NiciraAction::kResubmitTable:
      return ReadResubmit(in, true, false);
    case NiciraAction::kResubmitTableCt:
      return ReadResubmit(in, true, true);
    case NiciraAction::kOutputReg:
      return ReadOutputReg(in);
    case NiciraAction::kLearn:
      return ReadLearn(in);
    case NiciraAction::kController:
      return ReadController(in);
    case NiciraAction::kConjunction:
      return ReadConjunction(in);
    case NiciraAction::kCt:
      return ReadCt(in);
    case NiciraAction::kController2:
      return ReadController2(in);
    case NiciraAction::kCtClear:
      return flow::CtClear{};
    case NiciraAction::kNat:  // only within ct
      return std::nullopt;
  }
  return std::nullopt;
}

Parsed ReadOne(ActionType type, Reader& in) {
  switch (type) {
    case ActionType::kOutput:
      return ReadOutput(in);
    case ActionType::kGroup:
      return flow::ToGroup{in.U32()};
    case ActionType::kDecTtl:
      return flow::DecTtl{};
    case ActionType::kSetField:
      return ReadSetField(in);
    case ActionType::kCopyField:
      return ReadCopyField(in);
    case ActionType::kMeter:
      return flow::ThroughMeter{in.U32()};
    case ActionType::kExperimenter:
      return ReadNicira(in);
  }
  return std::nullopt;
}

// The next action's type and body; the reader fails if there is none.
std::pair<ActionType, Reader> NextAction(Reader& in) {
  const auto type = static_cast<ActionType>(in.U16());
  const uint16_t size = in.U16();
  if (size < 8 || size % 8 != 0) in.Fail();
  return {type, in.Sub(in.ok() ? size - 4 : 0)};
}

bool IsNat(ActionType type, Reader body) {
  return type == ActionType::kExperimenter && body.U32() == kNicira &&
         body.U16() == static_cast<uint16_t>(NiciraAction::kNat);
}

Parsed ReadCt(Reader& in) {
  flow::Ct action;
  const uint16_t flags = in.U16();
  action.commit = (flags & kCtCommit) != 0;
  action.force = (flags & kCtForce) != 0;
  Reader source = in.Sub(4);
  const uint16_t zone = in.U16();
  if (Reader none = source; none.U32() == 0) {
    action.zone = zone;
  } else {
    const auto field = Unpack(ReadFieldHeader(source), zone);
    if (!field) return std::nullopt;
    action.zone = *field;
  }
  if (const uint8_t table = in.U8(); table != kNoTable) action.table = table;
  in.Skip(3);
  action.alg = in.U16();
  while (in.more()) {
    auto [type, body] = NextAction(in);
    if (IsNat(type, body)) {
      body.Skip(6);
      action.nat = ReadNat(body);
      if (!action.nat || !body.ok()) return std::nullopt;
      continue;
    }
    // Only these make sense here, without nesting.
    if (type != ActionType::kSetField && type != ActionType::kCopyField) return std::nullopt;
    const Parsed inner = ReadOne(type, body);
    if (!inner || !body.ok()) return std::nullopt;
    action.exec.push_back(*inner);
  }
  return action;
}

// nullopt if malformed.
std::optional<flow::Learn::Spec> ReadSpec(uint16_t header, Reader& in) {
  using Kind = flow::Learn::Spec::Kind;
  flow::Learn::Spec spec{};
  const unsigned bits = header & kLearnBits;
  const unsigned target = header & kLearnTarget;
  const bool immediate = (header & kLearnImmediate) != 0;
  if (bits == 0 || bits > 128 || target == kLearnTarget) return std::nullopt;
  if (target == kLearnOutput && immediate) return std::nullopt;
  const auto read = [&in, bits](Subfield& out) {
    const auto field = ReadFieldHeader(in);
    const auto subfield = SubfieldInAction(field, in.U16(), bits);
    if (subfield) out = *subfield;
    return subfield && in.ok();
  };
  if (immediate) {
    const size_t bytes = (bits + 15) / 16 * 2;
    const auto value = in.Bytes(bytes);
    if (!in.ok()) return std::nullopt;
    spec.value = Value::FromBytes(value.data(), bytes);
  } else if (!read(spec.source)) {
    return std::nullopt;
  }
  if (target == kLearnOutput) {
    spec.kind = Kind::kOutput;
    return spec;
  }
  if (!read(spec.target)) return std::nullopt;
  if (target == kLearnMatch)
    spec.kind = immediate ? Kind::kMatchValue : Kind::kMatchField;
  else
    spec.kind = immediate ? Kind::kLoadValue : Kind::kLoadField;
  return spec;
}

Parsed ReadLearn(Reader& in) {
  flow::Learn action;
  action.idle_timeout = in.U16();
  action.hard_timeout = in.U16();
  action.priority = in.U16();
  action.cookie = in.U64();
  const uint16_t flags = in.U16();
  action.delete_learned = (flags & kLearnDelete) != 0;
  action.table = in.U8();
  in.Skip(1);
  const uint32_t after_fin = in.U32();
  if ((flags & ~kLearnDelete) != 0 || after_fin != 0) return std::nullopt;
  while (in.left() >= 2) {
    const uint16_t header = in.U16();
    if (header == 0) break;  // padding
    const auto spec = ReadSpec(header, in);
    if (!spec) return std::nullopt;
    action.specs.push_back(*spec);
  }
  return action;
}

}  // namespace

Result<Actions> ReadActions(Reader in) {
  Actions actions;
  while (in.more()) {
    auto [type, body] = NextAction(in);
    const Parsed action = in.ok() ? ReadOne(type, body) : std::nullopt;
    if (!action || !body.ok())
      return Fail("action of type {} is not known or malformed", static_cast<uint16_t>(type));
    actions.push_back(*action);
  }
  if (!in.ok()) return Fail("actions: cut off");
  return actions;
}

Result<Actions> ReadInstructions(Reader in) {
  Actions actions;
  std::optional<flow::GotoTable> next;
  while (in.more()) {
    const auto type = static_cast<InstructionType>(in.U16());
    const uint16_t size = in.U16();
    if (size < 8) in.Fail();
    Reader body = in.Sub(in.ok() ? size - 4 : 0);
    if (!in.ok()) break;
    if (type == InstructionType::kGotoTable) {
      next = flow::GotoTable{body.U8()};
    } else if (type == InstructionType::kApplyActions && actions.empty()) {
      body.Skip(4);
      auto applied = ReadActions(body);
      if (!applied) return applied;
      actions = std::move(*applied);
    } else {
      return Fail("instruction of type {} is not known", static_cast<uint16_t>(type));
    }
  }
  if (!in.ok()) return Fail("instructions: cut off");
  if (next) actions.emplace_back(*next);
  return actions;
}

}  // namespace kvs::openflow
