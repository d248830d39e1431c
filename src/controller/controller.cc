#include "controller/controller.h"

#include <algorithm>

#include "base/log.h"
#include "controller/node_condition.h"
#include "kube/time.h"

namespace kvs::controller {
namespace {

using kube::VSwitchConfig;
using std::chrono::milliseconds;

constexpr char kManager[] = "controller";

// Whether `existing` has what the controller wants of it. When the condition turned is not
// compared: that changes with the status only.
bool Holds(const VSwitchConfig& existing, const VSwitchConfig& desired) {
  const auto* found = kube::FindCondition(existing.status.conditions, VSwitchConfig::kAccepted);
  if (!found || existing.spec != desired.spec || existing.node_uid != desired.node_uid)
    return false;
  kube::Condition accepted = desired.status.conditions.front();
  accepted.last_transition_time = found->last_transition_time;
  return *found == accepted;
}

}  // namespace

Controller::Controller(io::Loop& loop, kube::Source& source, Flags flags)
    : source_(source),
      reconcile_(loop, [this] { Reconcile(); }),
      retry_(loop, [this] { Reconcile(); }),
      backoff_(milliseconds(500), milliseconds(30000)) {
  facts_.flags = std::move(flags);
  WatchAll(source);
}

void Controller::WatchAll(kube::Source& source) {
  const auto synced = [this] {
    --unsynced_;
    Changed();
  };
  unsynced_ = 3;
  subscriptions_.push_back(source.WatchProblems([this](const std::vector<Problem>& problems) {
    for (const Problem& problem : problems)
      if (std::ranges::count(facts_.problems, problem) == 0) log::Warning("{}", problem.ToString());
    facts_.problems = problems;
    Changed();
  }));
  subscriptions_.push_back(source.Watch<kube::Node>({
      .on_put =
          [this](const kube::Node& node) {
            shown_.erase(node.meta.name);
            facts_.nodes.insert_or_assign(node.meta.name, node);
            Changed();
          },
      .on_erase =
          [this](const std::string& name) {
            facts_.nodes.erase(name);
            Changed();
          },
      .on_synced = synced,
  }));
  subscriptions_.push_back(source.Watch<VSwitchConfig>({
      .on_put =
          [this](const VSwitchConfig& config) {
            written_.erase(config.meta.name);
            facts_.existing.insert_or_assign(config.meta.name, config);
            Changed();
          },
      .on_erase =
          [this](const std::string& name) {
            written_.erase(name);
            facts_.existing.erase(name);
            Changed();
          },
      .on_synced = synced,
  }));
  subscriptions_.push_back(source.Watch<kube::ConfigMap>({
      .on_put =
          [this](const kube::ConfigMap& map) {
            if (map.meta.key() != kConfigMapKey) return;
            config_map_ = map;
            facts_.config_map = &config_map_;
            Changed();
          },
      .on_erase =
          [this](const std::string& key) {
            if (key != kConfigMapKey) return;
            facts_.config_map = nullptr;
            Changed();
          },
      .on_synced = synced,
  }));
}

void Controller::Changed() {
  if (unsynced_ == 0) reconcile_.Start(milliseconds(0));
}

void Controller::Reconcile() {
  ++counters_.plans;
  facts_.now = kube::Rfc3339(std::time(nullptr));
  const auto desired = Plan(facts_);
  refused_ = static_cast<size_t>(std::ranges::count_if(desired, [](const auto& one) {
    return one.second.status.conditions.front().status != "True";
  }));
  for (const auto& [name, config] : desired) {
    const auto existing = facts_.existing.find(name);
    if (existing != facts_.existing.end() && Holds(existing->second, config)) continue;
    const auto written = written_.find(name);
    if (written != written_.end() && Holds(written->second, config)) continue;
    Apply(config);
  }
  ApplyConditions();
  std::vector<std::string> gone;
  for (const auto& [name, config] : facts_.existing)
    if (!desired.contains(name)) gone.push_back(name);
  const bool hold = !gone.empty() && !facts_.problems.empty();
  if (hold && !holding_)
    log::Warning("VSwitchConfig {}: its Node is gone, but deletion waits until this is mended: {}",
                 gone.front(), facts_.problems.front().ToString());
  holding_ = hold;
  if (!hold) std::ranges::for_each(gone, [this](const auto& name) { Delete(name); });
}

void Controller::Apply(const VSwitchConfig& config) {
  const kube::Ref ref = kube::RefOf(config);
  if (!in_flight_.insert(ref).second) return;  // planned again once that is answered
  const auto& accepted = config.status.conditions.front();
  source_.Apply(config, kManager,
                [self = std::weak_ptr(self_), ref, config, accepted](const auto& done) {
                  const auto alive = self.lock();
                  if (!alive) return;
                  if (done) {
                    if (accepted.status != "True")
                      log::Warning("VSwitchConfig {}: {}: {}", config.meta.name, accepted.reason,
                                   accepted.message);
                    (*alive)->written_.insert_or_assign(config.meta.name, config);
                  }
                  (*alive)->Written(ref, done);
                });
}

void Controller::ApplyConditions() {
  for (const auto& [name, config] : facts_.existing) {
    const auto node = facts_.nodes.find(name);
    if (node == facts_.nodes.end()) continue;
    const auto wanted = NetworkConditionToWrite(node->second, config, facts_.now);
    if (!wanted) continue;
    const kube::Ref ref{kube::Kind::kNode, name};
    const auto shown = shown_.find(name);
    if (shown != shown_.end() && shown->second == wanted->status) continue;
    if (!in_flight_.insert(ref).second) continue;
    kube::Node with{.meta = {.name = name}, .network_unavailable = wanted};
    source_.Apply(with, kManager,
                  [self = std::weak_ptr(self_), ref, status = wanted->status](const auto& done) {
                    const auto alive = self.lock();
                    if (!alive) return;
                    if (done) (*alive)->shown_.insert_or_assign(ref.key, status);
                    (*alive)->Written(ref, done);
                  });
  }
}

void Controller::Delete(const std::string& name) {
  const kube::Ref ref{kube::Kind::kVSwitchConfig, name};
  if (!in_flight_.insert(ref).second) return;
  source_.Delete(ref.kind, name, kManager, [self = std::weak_ptr(self_), ref](const auto& done) {
    if (const auto alive = self.lock()) (*alive)->Written(ref, done);
  });
}

void Controller::Written(const kube::Ref& ref, const Result<>& result) {
  in_flight_.erase(ref);
  if (result) {
    ++counters_.writes;
    backoff_.Reset();
    last_error_.clear();
    return Changed();
  }
  ++counters_.write_errors;
  if (std::exchange(last_error_, result.error().message) != result.error().message)
    log::Error("{}; trying again", result.error().message);
  if (!retry_.active()) retry_.Start(backoff_.Next());
}

}  // namespace kvs::controller
