#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "apply/frame/target.h"
#include "flow/flow.h"
#include "openflow/connection.h"

namespace kvs::apply {

// A flow whose match this program can't decode: another program's, and never desired.
struct ForeignFlow {
  uint8_t table = 0;
  uint16_t priority = 0;
  std::string match;  // OXM, as a dump gave it

  std::string id() const;
  friend bool operator==(const ForeignFlow&, const ForeignFlow&) = default;
};

// The flows, groups and meters of a switch. All of its tables are ours, except for flows that
// `learn` adds, which are left alone. So are its meters, except for the switch's own.
//
// Flows and groups change together in one atomic bundle. A bundle can't contain meters: new ones
// are added before it, and old ones deleted after it. A flow through a meter that the switch
// refuses is refused as well: other flows pass its packets, without a limit.
class SwitchTarget final : public Target<flow::Flow, flow::Group, flow::Meter, ForeignFlow> {
 public:
  explicit SwitchTarget(openflow::Connection& connection) : connection_(connection) {}

  void Dump(OnContents done) override;
  void Apply(const Deltas& deltas, OnOutcome done) override;

  // A flow from an event or a dump; nullopt if it is not ours.
  static std::optional<Found<flow::Flow>> OursOf(openflow::InstalledFlow installed);

 private:
  struct Work;

  void ApplyBundle(const std::shared_ptr<Work>& work);
  void EraseMeters(const std::shared_ptr<Work>& work);

  openflow::Connection& connection_;
  bool empty_ = false;  // of flows, when last dumped
};

// The requests to the switch. A group whose buckets are only added or removed is edited, so that
// its other buckets keep their connections.
std::vector<openflow::Change> ChangesFor(const SwitchTarget::Deltas& deltas);

// The requests for meters, before and after those.
struct MeterChanges {
  std::vector<openflow::MeterChange> before, after;
};
MeterChanges MeterChangesFor(const SwitchTarget::Deltas& deltas);

// Whether the flow uses a meter, and is deleted with it.
bool IsMetered(const flow::Flow& flow);

// Removes the changes that put a flow through one of these meters.
std::vector<flow::FlowKey> TakeOutFlowsThrough(const std::set<uint32_t>& meters,
                                               std::vector<openflow::Change>& changes);

}  // namespace kvs::apply
