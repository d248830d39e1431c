#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "controller/plan.h"
#include "io/loop.h"
#include "kube/source.h"

namespace kvs::controller {

// Keeps one VSwitchConfig per Node as Plan() wants it: plans after every change, and writes what
// differs. It owns the spec and the condition "Accepted", as field manager "controller", and the
// Node's condition NetworkUnavailable (node_condition.h). Nothing is
// written before all is listed; nothing is deleted while the source has problems, since a node may
// be absent for being unreadable.
class Controller {
 public:
  struct Counters {
    uint64_t plans = 0;
    uint64_t writes = 0;  // configurations applied or deleted
    uint64_t write_errors = 0;
  };

  // `loop` and `source` must outlive it.
  Controller(io::Loop& loop, kube::Source& source, Flags flags);
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  // Whether everything has been listed, and planned once.
  bool ready() const { return counters_.plans > 0; }
  const Counters& counters() const { return counters_; }
  size_t nodes() const { return facts_.nodes.size(); }
  // Configurations whose condition "Accepted" is False in the last plan.
  size_t refused() const { return refused_; }
  // The source's.
  const std::vector<Problem>& problems() const { return facts_.problems; }

 private:
  void WatchAll(kube::Source& source);
  void Changed();
  void Reconcile();
  void Apply(const kube::VSwitchConfig& config);
  void ApplyConditions();
  void Delete(const std::string& name);
  void Written(const kube::Ref& ref, const Result<>& result);

  kube::Source& source_;
  Facts facts_;
  kube::ConfigMap config_map_;  // facts_.config_map points here
  io::Timer reconcile_;         // in the next turn: many changes, one plan
  io::Timer retry_;
  io::Backoff backoff_;

  int unsynced_ = 0;                                    // kinds not listed yet
  std::set<kube::Ref> in_flight_;                       // being written
  std::map<std::string, kube::VSwitchConfig> written_;  // but not seen in the source yet
  std::map<std::string, std::string> shown_;            // status written to a Node, not seen yet
  std::string last_error_;                              // told, of a write
  bool holding_ = false;                                // told: deletions wait
  size_t refused_ = 0;
  Counters counters_;
  std::vector<std::unique_ptr<kube::Subscription>> subscriptions_;
  // Writes answer after this may be gone.
  std::shared_ptr<Controller*> self_ = std::make_shared<Controller*>(this);
};

}  // namespace kvs::controller
