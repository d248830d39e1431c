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

// A flow whose match this program does not know: somebody else's, and never desired.
struct ForeignFlow {
  uint8_t table = 0;
  uint16_t priority = 0;
  std::string match;  // OXM, as a dump gave it

  std::string id() const;
  friend bool operator==(const ForeignFlow&, const ForeignFlow&) = default;
};

// The flows, groups and meters of a switch. All of its tables are ours, except for what flows with
// `learn` put there: that comes and goes by itself. So are its meters, except for those that it has
// for itself.
//
// Flows and groups change together in one atomic bundle. Meters can't be in it: new ones are made
// before, and old ones go after it. A flow through a meter that the switch refuses is refused with
// it: what it would have limited goes by other flows, without a limit, and all else is as it should
// be.
class SwitchTarget final : public Target<flow::Flow, flow::Group, flow::Meter, ForeignFlow> {
 public:
  explicit SwitchTarget(openflow::Connection& connection) : connection_(connection) {}

  void Dump(OnContents done) override;
  void Apply(const Deltas& deltas, OnOutcome done) override;

  // A flow that an event or a dump shows; nullopt if it is not ours to keep.
  static std::optional<Found<flow::Flow>> OursOf(openflow::InstalledFlow installed);

 private:
  struct Work;

  void ApplyBundle(const std::shared_ptr<Work>& work);
  void EraseMeters(const std::shared_ptr<Work>& work);

  openflow::Connection& connection_;
  bool empty_ = false;  // of flows, when last dumped
};

// What must be asked of the switch. A group whose buckets only come and go is edited, so that its
// other buckets keep their connections.
std::vector<openflow::Change> ChangesFor(const SwitchTarget::Deltas& deltas);

// ... of its meters, before and after that.
struct MeterChanges {
  std::vector<openflow::MeterChange> before, after;
};
MeterChanges MeterChangesFor(const SwitchTarget::Deltas& deltas);

// Whether the flow goes with its meter, if somebody removes that.
bool IsMetered(const flow::Flow& flow);

// Takes those out that put a flow through one of these meters.
std::vector<flow::FlowKey> TakeOutFlowsThrough(const std::set<uint32_t>& meters,
                                               std::vector<openflow::Change>& changes);

}  // namespace kvs::apply
