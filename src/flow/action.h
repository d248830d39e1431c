#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/net.h"
#include "base/result.h"
#include "flow/field.h"
#include "flow/ofport.h"

// Actions as values (ovs-actions(7)). GotoTable is an OpenFlow instruction; as in ovs-ofctl's text
// it stands last in the list, and the codec puts it where it belongs.
namespace kvs::flow {

inline constexpr uint16_t kDefaultPriority = 0x8000;  // OFP_DEFAULT_PRIORITY

// Bits [offset, offset + bits) of a field: NXM_NX_REG0[0..7].
struct Subfield {
  Field field{};
  uint8_t offset = 0;
  uint8_t bits = 0;

  static Subfield Whole(Field field) { return {field, 0, InfoOf(field).bits}; }
  friend bool operator==(const Subfield&, const Subfield&) = default;
};

// Never for the controller: that is an action Controller.
struct Output {
  OfPort port;
  friend bool operator==(const Output&, const Output&) = default;
};
struct OutputReg {
  Subfield source;
  friend bool operator==(const OutputReg&, const OutputReg&) = default;
};
// set_field:value[/mask]->field
struct SetField {
  Field field;
  Value value;
  Value mask;  // all ones of the field's bits: the whole field
  friend bool operator==(const SetField&, const SetField&) = default;
};
struct Move {
  Subfield source, target;
  friend bool operator==(const Move&, const Move&) = default;
};
// in_port or table must be set, or both.
struct Resubmit {
  std::optional<OfPort> in_port;  // at most 0xfff7, or reserved
  std::optional<uint8_t> table;
  bool with_ct_tuple = false;  // resubmit(,T,ct): swapped ct original tuple
  friend bool operator==(const Resubmit&, const Resubmit&) = default;
};
struct GotoTable {
  uint8_t table;
  friend bool operator==(const GotoTable&, const GotoTable&) = default;
};
struct ToGroup {
  uint32_t group;
  friend bool operator==(const ToGroup&, const ToGroup&) = default;
};
struct ThroughMeter {  // which drops what is too much
  uint32_t meter;
  friend bool operator==(const ThroughMeter&, const ThroughMeter&) = default;
};
struct DecTtl {
  friend bool operator==(const DecTtl&, const DecTtl&) = default;
};
struct CtClear {
  friend bool operator==(const CtClear&, const CtClear&) = default;
};
struct Conjunction {
  uint32_t id;
  uint8_t clause;  // 1-based, as in text: conjunction(id,clause/of)
  uint8_t of;
  friend bool operator==(const Conjunction&, const Conjunction&) = default;
};
// controller(userdata=..,pause,max_len=..,reason=..): NXAST_CONTROLLER2.
struct Controller {
  std::string userdata;  // bytes
  uint16_t max_len = 0xffff;
  bool pause = false;
  std::optional<uint32_t> meter;
  friend bool operator==(const Controller&, const Controller&) = default;
};

struct Action;

// nat[(src|dst=first[-last][:port[-port]])]; without a range: undo or continue an existing
// translation.
struct Nat {
  enum class Kind : uint8_t { kExisting, kSource, kDestination };
  Kind kind = Kind::kExisting;
  std::optional<Ip> first, last;           // last is unset for a single address
  uint16_t first_port = 0, last_port = 0;  // 0: no ports; last_port 0: a single one
  bool random = false, hash = false, persistent = false;
  friend bool operator==(const Nat&, const Nat&) = default;
};

// ct(...): sends the packet through the connection tracker; with `table`, it comes back there.
struct Ct {
  bool commit = false;
  bool force = false;
  std::variant<uint16_t, Subfield> zone = uint16_t{0};
  std::optional<uint8_t> table;
  uint16_t alg = 0;  // port of the helper's protocol: 21 = ftp, 69 = tftp
  std::optional<Nat> nat;
  std::vector<Action> exec;                          // set_field and move of ct_mark and ct_label
  friend bool operator==(const Ct& a, const Ct& b);  // here Action is not complete yet
};

// learn(...): adds a flow made from the packet. Supports only what session affinity needs.
struct Learn {
  struct Spec {
    enum class Kind : uint8_t { kMatchField, kMatchValue, kLoadField, kLoadValue, kOutput };
    Kind kind;
    Subfield source;  // for kMatchField, kLoadField, kOutput
    Subfield target;  // for all but kOutput
    Value value;      // for kMatchValue, kLoadValue
    friend bool operator==(const Spec&, const Spec&) = default;
  };
  uint8_t table = 0;
  uint16_t idle_timeout = 0, hard_timeout = 0;  // seconds; 0: never
  uint16_t priority = kDefaultPriority;
  uint64_t cookie = 0;
  bool delete_learned = false;
  std::vector<Spec> specs;
  friend bool operator==(const Learn&, const Learn&) = default;
};

using ActionVariant =
    std::variant<Output, OutputReg, SetField, Move, Resubmit, GotoTable, ToGroup, ThroughMeter,
                 DecTtl, CtClear, Conjunction, Controller, Ct, Learn>;
struct Action : ActionVariant {
  using ActionVariant::ActionVariant;
  const ActionVariant& variant() const { return *this; }
  friend bool operator==(const Action& a, const Action& b) { return a.variant() == b.variant(); }
};

using Actions = std::vector<Action>;  // empty: drop

// As ovs-ofctl prints and reads them. No actions: "drop".
std::string ToString(const Actions& actions);
Result<Actions> ParseActions(std::string_view text);

}  // namespace kvs::flow
