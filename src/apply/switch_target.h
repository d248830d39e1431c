#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <tuple>

#include "apply/target.h"
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

// The flows and groups of a switch, which change together in one atomic bundle. All of its tables
// are ours, except for what flows with `learn` put there: that comes and goes by itself.
class SwitchTarget final : public Target<flow::Flow, flow::Group, ForeignFlow> {
 public:
  explicit SwitchTarget(openflow::Connection& connection) : connection_(connection) {}

  void Dump(OnContents done) override;
  void Apply(const Deltas& deltas, OnOutcome done) override;

  // A flow that an event or a dump shows; nullopt if it is not ours to keep.
  static std::optional<Found<flow::Flow>> OursOf(openflow::InstalledFlow installed);

 private:
  openflow::Connection& connection_;
  bool empty_ = false;  // of flows, when last dumped
};

// What must be asked of the switch. A group whose buckets only come and go is edited, so that its
// other buckets keep their connections.
std::vector<openflow::Change> ChangesFor(const SwitchTarget::Deltas& deltas);

}  // namespace kvs::apply
