#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "apply/frame/pace.h"
#include "base/problem.h"

// The output half: a reconciler for each target keeps it equal to what is desired. There is one way
// to do it: dump the target, compare, apply the difference. This serves start, reconnect, drift and
// upgrade. In between, changes of what is desired are applied as deltas, one at a time; each delta
// has all changes made while the previous one was in progress. Nothing is changed before Begin():
// the node keeps its present state until every input is known.
namespace kvs::apply {

// A reconciler as the agent sees it.
class Reconciler {
 public:
  struct Counters {
    uint64_t dumps = 0;    // dumps, each compared with everything desired
    uint64_t changes = 0;  // items put or erased
    uint64_t repairs = 0;  // changes that undid those of other programs
  };

  virtual ~Reconciler() = default;

  // All inputs are known: from now on the target is changed.
  virtual void Begin() = 0;
  // What is desired may have changed: applies the changes, without a dump.
  virtual void Reconcile() = 0;
  // The target may have changed, by a notification: dumps it soon and repairs it. Several calls
  // result in one dump.
  virtual void Resync() = 0;
  // To be called regularly: dumps the target if that is due without a notification.
  virtual void Audit() = 0;
  // The target can't be reached, and nothing is known of it until it is connected again. A target
  // that needs no connection is connected from the beginning.
  virtual void Disconnected() = 0;
  virtual void Connected() = 0;

  // The revision of what is desired that is in effect, except for refused changes; 0: unknown.
  virtual uint64_t applied() const = 0;
  // Refusals, failures, and repeated changes by another program.
  virtual std::vector<Problem> Problems() const = 0;
  virtual const Counters& counters() const = 0;
};

struct ReconcilerOptions {
  std::string name;                          // for people: "switch"
  bool essential = false;                    // pods need it to be served
  std::function<uint64_t()> revision;        // of what is desired, now
  std::function<void()> on_change;           // applied() or Problems() may have changed
  std::function<std::string()> writer = {};  // the last writer's process; "": unknown
  Pace::Limits limits = {};
};

}  // namespace kvs::apply
