#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/outage.h"
#include "controller/liveness.h"
#include "io/loop.h"
#include "kube/source/warnings.h"

namespace kvs::controller {

// Names that outlive the controller in the API: field managers of what it writes, and of the Ready
// condition of an agent that is gone (liveness.h); the reporter of its events (reportingController,
// reportingInstance); the Lease for leader election.
inline constexpr char kManager[] = "controller", kLivenessManager[] = "liveness";
inline constexpr char kReporter[] = "kvswitch.io/controller", kInstance[] = "k-vswitch-controller";
inline constexpr char kLeaseNamespace[] = "kube-system", kLeaseName[] = "k-vswitch-controller";

// Keeps one VSwitchConfig per Node as Plan() computes it: plans after every change, and writes the
// differences. It owns the spec and the condition "Accepted", as field manager "controller", and
// the Node's condition NetworkUnavailable (node_condition.h). The condition "Ready" of an agent
// that is gone (liveness.h) is written as "liveness"; the agent overwrites it when it is back.
// Nothing is written before everything is listed; nothing is deleted while the source has problems,
// because an unreadable Node looks absent.
class Controller {
 public:
  struct Counters {
    uint64_t plans = 0;
    uint64_t writes = 0;  // configurations applied or deleted
    uint64_t write_errors = 0;
  };

  // `loop` and `source` must outlive this.
  Controller(io::Loop& loop, kube::Source& source, Flags flags, Timeouts timeouts = {});
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  // `problems` returns those of the program around it, which runs on that Node; they are reported
  // as events there.
  void WatchProgram(std::string node, std::function<std::vector<Problem>()> problems) {
    node_ = std::move(node);
    program_ = std::move(problems);
  }

  // Whether everything has been listed, and planned once.
  bool ready() const { return counters_.plans > 0; }
  const Counters& counters() const { return counters_; }
  size_t nodes() const { return facts_.nodes.size(); }
  // Number of configurations whose condition "Accepted" is False in the last plan.
  size_t refused() const { return refusals_.size(); }
  // The source's problems.
  const std::vector<Problem>& problems() const { return facts_.problems; }

 private:
  void WatchAll();
  void Changed();
  void Reconcile();
  void Apply(const kube::VSwitchConfig& config);
  void JudgeAgents();
  void CheckWarnings();
  void ApplyReady(const std::string& name, const kube::Condition& ready);
  void ApplyConditions(const std::set<std::string>& network_gone);
  void Delete(const std::string& name);
  void Written(const kube::Ref& ref, const Result<>& result);

  // Keeps `all`, by key, equal to the source's objects.
  template <class T>
  void Follow(std::map<std::string, T>& all,
              const std::function<void(const std::string& key)>& on_change);

  io::Loop& loop_;
  kube::Source& source_;
  Timeouts timeouts_;
  Facts facts_;
  Downtime down_;
  std::map<std::string, kube::Condition> refusals_;  // Accepted, False, of the last plan
  kube::Warnings warnings_;
  std::string node_;
  std::function<std::vector<Problem>()> program_;
  std::map<std::string, kube::ConfigMap> config_maps_;  // facts_.config_map points here
  io::Timer reconcile_;                                 // in the next turn: many changes, one plan
  io::Timer retry_, tick_;
  io::Backoff backoff_;

  int unsynced_ = 0;                                    // kinds not listed yet
  std::set<kube::Ref> in_flight_;                       // being written
  std::map<std::string, kube::VSwitchConfig> written_;  // not seen in the source yet
  std::map<std::string, std::string> shown_;            // status written to a Node, not seen yet
  std::set<kube::Ref> failing_;                         // whose last write failed
  Outage outage_{"writing"};
  bool holding_ = false;  // logged that deletions wait
  Counters counters_;
  std::vector<std::unique_ptr<kube::Subscription>> subscriptions_;
  // The destination of callbacks of writes, which may come after this object is destroyed.
  std::shared_ptr<Controller*> self_ = std::make_shared<Controller*>(this);
};

}  // namespace kvs::controller
