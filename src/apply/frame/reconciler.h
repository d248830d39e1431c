#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "apply/frame/pace.h"
#include "base/problem.h"

// The output half: for each target a reconciler, which keeps it equal to what is desired. There is
// one way to do it: dump what is there, compare, apply the difference; that is start, reconnect,
// drift and upgrade. In between only the changes of what is desired are applied, one delta at a
// time, each with everything that changed while the last was under way. Nothing is touched before
// Begin(): the node goes on with what it has until every input is known.
namespace kvs::apply {

// What the agent knows of each of them.
class Reconciler {
 public:
  struct Counters {
    uint64_t dumps = 0;    // comparisons of all that is there with all that is desired
    uint64_t changes = 0;  // items put or erased
    uint64_t repairs = 0;  // of them, those that mended what somebody else had changed
  };

  virtual ~Reconciler() = default;

  // All inputs are known; from now on the target follows.
  virtual void Begin() = 0;
  // What is desired may have changed: applies the changes. Reads nothing.
  virtual void Reconcile() = 0;
  // What is there may have changed, by a notice: looks at it soon, and mends it. Many calls are one
  // look.
  virtual void Resync() = 0;
  // Nobody gave notice, but time has passed: looks if it is time.
  virtual void Audit() = 0;
  // The target can't be reached, and nothing is known of it any more, until it is connected again.
  // One that needs no connection is connected from the beginning.
  virtual void Disconnected() = 0;
  virtual void Connected() = 0;

  // The revision of what is desired that is in effect, but for what was refused; 0: not known.
  virtual uint64_t applied() const = 0;
  // What was refused, what failed, and whether somebody else changes things again and again.
  virtual std::vector<Problem> Problems() const = 0;
  virtual const Counters& counters() const = 0;
};

struct ReconcilerOptions {
  std::string name;                          // for people: "switch"
  bool essential = false;                    // without it no pod of the node is served
  std::function<uint64_t()> revision;        // of what is desired, now
  std::function<void()> on_change;           // applied() or Problems() may have changed
  std::function<std::string()> writer = {};  // who changed the target last, if that can be known
  Pace::Limits limits = {};
};

}  // namespace kvs::apply
