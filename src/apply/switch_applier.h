#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/desired.h"
#include "flow/flow.h"
#include "openflow/connection.h"

namespace kvs::apply {

// Makes the flows and groups of the switch equal to the desired ones.
//
// There is one way to do it: dump what is there, compare, send the smallest difference; that is
// start, reconnect, restart of the switch, drift and upgrade. From then on only deltas are sent,
// one bundle at a time, each with everything that changed while the last was under way. Nothing is
// sent before Begin(): the switch goes on with what it has until every input is known.
//
// A flow that the switch refuses is left out and told by refused(); everything else is put into
// effect without it.
class SwitchApplier {
 public:
  struct Wanted {
    engine::Desired<flow::Flow>& flows;
    engine::Desired<flow::Group>& groups;
    std::function<uint64_t()> revision;  // of both, now
  };
  struct Counters {
    uint64_t dumps = 0;
    uint64_t changes = 0;  // flows and groups put or erased
    uint64_t repairs = 0;  // of them, those that mended what somebody else had changed
  };

  // `on_applied` is called after every step forward of applied().
  SwitchApplier(io::Loop& loop, openflow::Connection& connection, Wanted wanted,
                std::function<void()> on_applied);

  // All inputs are known; from now on the switch follows.
  void Begin();
  // The desired state may have changed.
  void Changed();
  // To be called by the connection's handlers.
  void OnUp();
  void OnDown();
  // Somebody changed flows behind our back, or it is time to look: dump and repair.
  void Audit();

  // The revision that the switch is known to have; 0: none yet, or the connection is lost.
  uint64_t applied() const { return applied_; }
  bool synced() const {
    return state_ == State::kIdle || (state_ == State::kSending && applied_ > 0);
  }
  const Counters& counters() const { return counters_; }
  // What the switch refused, with its reason, by the text of the change.
  const std::map<std::string, std::string>& refused() const { return refused_; }

 private:
  enum class State { kDown, kDumping, kSending, kIdle };

  void Dump();
  void Compare();
  void CompareFlows(std::vector<openflow::Change>& changes) const;
  void SendDelta();
  // In bundles of `bundle` changes; 0: in one, so that all take effect at once.
  void Send(std::vector<openflow::Change> changes, uint64_t revision, size_t bundle = 0);
  void Sent(const std::vector<openflow::Change>& changes, uint64_t revision,
            const openflow::ApplyResult& result);
  void LeaveOutRefused(std::vector<openflow::Change>& changes) const;

  openflow::Connection& connection_;
  Wanted wanted_;
  std::function<void()> on_applied_;
  io::Timer audit_soon_;
  State state_ = State::kDown;
  bool begun_ = false;
  bool audit_ = false;      // wanted, but something is under way
  bool repairing_ = false;  // this dump follows another that had left everything right
  uint64_t applied_ = 0;
  std::vector<openflow::InstalledGroup> installed_groups_;
  std::vector<openflow::InstalledFlow> installed_flows_;
  std::map<std::string, std::string> refused_;
  Counters counters_;
};

}  // namespace kvs::apply
