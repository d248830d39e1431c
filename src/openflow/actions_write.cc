#include "openflow/action_numbers.h"
#include "openflow/actions.h"
#include "openflow/oxm.h"
#include "openflow/protocol.h"

namespace kvs::openflow {
namespace {

using flow::Subfield;

// The frame of an action: type, length (known at the end of the scope), padding to 8.
class Frame {
 public:
  Frame(Writer& out, ActionType type) : out_(out), start_(out.size()) {
    out.U16(static_cast<uint16_t>(type));
    out.U16(0);
  }
  Frame(Writer& out, NiciraAction subtype) : Frame(out, ActionType::kExperimenter) {
    out.U32(kNicira);
    out.U16(static_cast<uint16_t>(subtype));
  }
  ~Frame() {
    out_.Pad(start_);
    out_.Patch16(start_ + 2, out_.size() - start_);
  }
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

 private:
  Writer& out_;
  const size_t start_;
};

uint16_t OffsetAndBits(const Subfield& field) {
  return static_cast<uint16_t>(field.offset << 6 | (BitsInAction(field) - 1));
}

// One overload per action.
class ActionWriter {
 public:
  explicit ActionWriter(Writer& out) : out_(out) {}

  void operator()(const flow::Output& action) {
    const Frame frame(out_, ActionType::kOutput);
    out_.U32(action.port);
    out_.U16(action.port == flow::kPortController ? kWholePacket : 0);
    out_.Zeros(6);
  }

  void operator()(const flow::OutputReg& action) {
    const Frame frame(out_, NiciraAction::kOutputReg);
    out_.U16(OffsetAndBits(action.source));
    WriteFieldHeader(action.source.field, out_);
    out_.U16(kWholePacket);
    out_.Zeros(6);
  }

  void operator()(const flow::SetField& action) {
    const Frame frame(out_, ActionType::kSetField);
    WriteField({action.field, action.value, action.mask}, out_);
  }

  void operator()(const flow::Move& action) {
    const Frame frame(out_, ActionType::kCopyField);
    out_.U16(BitsInAction(action.target));
    out_.U16(action.source.offset);
    out_.U16(action.target.offset);
    out_.Zeros(2);
    WriteFieldHeader(action.source.field, out_);
    WriteFieldHeader(action.target.field, out_);
  }

  void operator()(const flow::Resubmit& action) {
    const uint16_t port = flow::ShortPort(action.in_port.value_or(flow::kPortInPort));
    if (!action.table && !action.with_ct_tuple) {
      const Frame frame(out_, NiciraAction::kResubmit);
      out_.U16(port);
      return;
    }
    const Frame frame(
        out_, action.with_ct_tuple ? NiciraAction::kResubmitTableCt : NiciraAction::kResubmitTable);
    out_.U16(port);
    out_.U8(action.table.value_or(kNoTable));
  }

  void operator()(const flow::GotoTable&) {}  // an instruction

  void operator()(const flow::ToGroup& action) {
    const Frame frame(out_, ActionType::kGroup);
    out_.U32(action.group);
  }

  void operator()(const flow::ThroughMeter& action) {
    const Frame frame(out_, ActionType::kMeter);
    out_.U32(action.meter);
  }

  void operator()(const flow::DecTtl&) { const Frame frame(out_, ActionType::kDecTtl); }
  void operator()(const flow::CtClear&) { const Frame frame(out_, NiciraAction::kCtClear); }

  void operator()(const flow::Conjunction& action) {
    const Frame frame(out_, NiciraAction::kConjunction);
    out_.U8(static_cast<uint8_t>(action.clause - 1));
    out_.U8(action.of);
    out_.U32(action.id);
  }

  void operator()(const flow::Controller& action) {
    const Frame frame(out_, NiciraAction::kController2);
    out_.Zeros(6);
    if (action.max_len != kWholePacket) {
      const Property property(out_, static_cast<uint16_t>(ControllerProperty::kMaxLength));
      out_.U16(action.max_len);
    }
    if (!action.userdata.empty()) {
      const Property property(out_, static_cast<uint16_t>(ControllerProperty::kUserdata));
      out_.Bytes(action.userdata);
    }
    if (action.pause) Property(out_, static_cast<uint16_t>(ControllerProperty::kPause));
    if (action.meter) {
      const Property property(out_, static_cast<uint16_t>(ControllerProperty::kMeter));
      out_.U32(*action.meter);
    }
  }

  void operator()(const flow::Ct& action) {
    const Frame frame(out_, NiciraAction::kCt);
    out_.U16((action.commit ? kCtCommit : 0) | (action.force ? kCtForce : 0));
    if (const auto* field = std::get_if<Subfield>(&action.zone)) {
      WriteFieldHeader(field->field, out_);
      out_.U16(OffsetAndBits(*field));
    } else {
      out_.U32(0);
      out_.U16(std::get<uint16_t>(action.zone));
    }
    out_.U8(action.table.value_or(kNoTable));
    out_.Zeros(3);
    out_.U16(action.alg);
    if (action.nat) WriteNat(*action.nat);
    WriteActions(action.exec, out_);
  }

  void operator()(const flow::Learn& action) {
    const Frame frame(out_, NiciraAction::kLearn);
    out_.U16(action.idle_timeout);
    out_.U16(action.hard_timeout);
    out_.U16(action.priority);
    out_.U64(action.cookie);
    out_.U16(action.delete_learned ? kLearnDelete : 0);
    out_.U8(action.table);
    out_.Zeros(5);  // padding, timeouts after FIN
    for (const flow::Learn::Spec& spec : action.specs) WriteSpec(spec);
  }

 private:
  void WriteNat(const flow::Nat& nat) {
    using Kind = flow::Nat::Kind;
    const Frame frame(out_, NiciraAction::kNat);
    const bool range = nat.kind != Kind::kExisting && nat.first.has_value();
    const bool six = range && nat.first->is6();
    const bool ports = nat.kind != Kind::kExisting;
    out_.Zeros(2);
    out_.U16((nat.kind == Kind::kSource ? kNatSource : 0) |
             (nat.kind == Kind::kDestination ? kNatDestination : 0) |
             (nat.persistent ? kNatPersistent : 0) | (nat.hash ? kNatHash : 0) |
             (nat.random ? kNatRandom : 0));
    out_.U16((range ? (six ? kNatFirst6 : kNatFirst4) : 0) |
             (range && nat.last ? (six ? kNatLast6 : kNatLast4) : 0) |
             (ports && nat.first_port ? kNatFirstPort : 0) |
             (ports && nat.last_port ? kNatLastPort : 0));
    if (range) out_.Bytes(nat.first->data(), nat.first->size());
    if (range && nat.last) out_.Bytes(nat.last->data(), nat.last->size());
    if (ports && nat.first_port) out_.U16(nat.first_port);
    if (ports && nat.last_port) out_.U16(nat.last_port);
  }

  void WriteSubfield(const Subfield& field) {
    WriteFieldHeader(field.field, out_);
    out_.U16(field.offset);
  }

  void WriteSpec(const flow::Learn::Spec& spec) {
    using Kind = flow::Learn::Spec::Kind;
    const bool immediate = spec.kind == Kind::kMatchValue || spec.kind == Kind::kLoadValue;
    const bool load = spec.kind == Kind::kLoadField || spec.kind == Kind::kLoadValue;
    const bool output = spec.kind == Kind::kOutput;
    const unsigned bits = BitsInAction(output ? spec.source : spec.target);
    out_.U16(static_cast<uint16_t>((immediate ? kLearnImmediate : 0) |
                                   (output ? kLearnOutput
                                    : load ? kLearnLoad
                                           : kLearnMatch) |
                                   bits));
    if (immediate) {
      const size_t bytes = (bits + 15) / 16 * 2;
      out_.Bytes(spec.value.bytes.data() + spec.value.bytes.size() - bytes, bytes);
    } else {
      WriteSubfield(spec.source);
    }
    if (!output) WriteSubfield(spec.target);
  }

  Writer& out_;
};

}  // namespace

void WriteActions(const flow::Actions& actions, Writer& out) {
  ActionWriter writer(out);
  for (const flow::Action& action : actions) std::visit(writer, action.variant());
}

void WriteInstructions(const flow::Actions& actions, Writer& out) {
  const flow::GotoTable* next = nullptr;
  size_t applied = actions.size();
  for (const flow::Action& action : actions) {
    if (const auto* found = std::get_if<flow::GotoTable>(&action.variant())) {
      next = found;
      --applied;
    }
  }
  if (applied > 0) {
    const size_t start = out.size();
    out.U16(static_cast<uint16_t>(InstructionType::kApplyActions));
    out.U16(0);
    out.Zeros(4);
    WriteActions(actions, out);
    out.Patch16(start + 2, out.size() - start);
  }
  if (next) {
    out.U16(static_cast<uint16_t>(InstructionType::kGotoTable));
    out.U16(8);
    out.U8(next->table);
    out.Zeros(3);
  }
}

}  // namespace kvs::openflow
