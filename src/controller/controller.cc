#include "controller/controller.h"

#include <algorithm>

#include "base/log.h"
#include "controller/node_condition.h"
#include "kube/object/time.h"

namespace kvs::controller {
namespace {

using kube::VSwitchConfig;
using std::chrono::milliseconds;

constexpr milliseconds kTick{1000};

// Whether `existing` has the desired fields. The time of the condition's last change is not
// compared: it changes with the status only.
bool Holds(const VSwitchConfig& existing, const VSwitchConfig& desired) {
  const auto* found = kube::FindCondition(existing.status.conditions, VSwitchConfig::kAccepted);
  if (!found || existing.spec != desired.spec || existing.node_uid != desired.node_uid)
    return false;
  kube::Condition accepted = desired.status.conditions.front();
  accepted.last_transition_time = found->last_transition_time;
  return *found == accepted;
}

}  // namespace

Controller::Controller(io::Loop& loop, kube::Source& source, Flags flags, Timeouts timeouts)
    : loop_(loop),
      source_(source),
      timeouts_(timeouts),
      warnings_(source, kReporter, kInstance),
      reconcile_(loop, [this] { Reconcile(); }),
      retry_(loop, [this] { Reconcile(); }),
      tick_(loop,
            [this] {
              if (!retry_.active()) JudgeAgents();
              CheckWarnings();
              if (source_.ServerAddresses() != facts_.api_servers) Changed();
            }),
      backoff_(milliseconds(500), milliseconds(30000)) {
  facts_.flags = std::move(flags);
  WatchAll();
}

template <class T>
void Controller::Follow(std::map<std::string, T>& all,
                        const std::function<void(const std::string& key)>& on_change) {
  ++unsynced_;
  subscriptions_.push_back(source_.Watch<T>({
      .on_put =
          [this, &all, on_change](const T& one) {
            on_change(one.meta.key());
            all.insert_or_assign(one.meta.key(), one);
            Changed();
          },
      .on_erase =
          [this, &all, on_change](const std::string& key) {
            on_change(key);
            all.erase(key);
            Changed();
          },
      .on_synced =
          [this] {
            if (--unsynced_ == 0) tick_.StartRepeating(kTick);
            Changed();
          },
  }));
}

void Controller::WatchAll() {
  subscriptions_.push_back(source_.WatchProblems([this](const std::vector<Problem>& problems) {
    for (const Problem& problem : problems)
      if (problem.object != kube::kApiServer && std::ranges::count(facts_.problems, problem) == 0)
        log::Warning("{}", problem.ToString());
    facts_.problems = problems;
    Changed();
  }));
  const auto nothing = [](const std::string&) {};
  Follow<kube::Node>(facts_.nodes, [this](const std::string& name) { shown_.erase(name); });
  Follow<VSwitchConfig>(facts_.existing, [this](const std::string& name) { written_.erase(name); });
  Follow<kube::Pod>(facts_.pods, nothing);
  Follow<kube::ConfigMap>(config_maps_, nothing);
}

void Controller::Changed() {
  if (unsynced_ == 0) reconcile_.Start(milliseconds(0));
}

void Controller::Reconcile() {
  ++counters_.plans;
  facts_.now = kube::Rfc3339(std::time(nullptr));
  const auto map = config_maps_.find(kConfigMapKey);
  facts_.api_servers = source_.ServerAddresses();
  facts_.config_map = map == config_maps_.end() ? nullptr : &map->second;
  const auto desired = Plan(facts_);
  refusals_.clear();
  for (const auto& [name, config] : desired) {
    const auto& accepted = config.status.conditions.front();
    if (accepted.status != "True") refusals_[name] = accepted;
    const auto existing = facts_.existing.find(name);
    if (existing != facts_.existing.end() && Holds(existing->second, config)) continue;
    const auto written = written_.find(name);
    if (written != written_.end() && Holds(written->second, config)) continue;
    Apply(config);
  }
  JudgeAgents();
  std::erase_if(failing_, [this](const kube::Ref& ref) {
    return !facts_.nodes.contains(ref.key) && !facts_.existing.contains(ref.key);
  });
  std::vector<std::string> gone;
  for (const auto& [name, config] : facts_.existing)
    if (!desired.contains(name)) gone.push_back(name);
  const bool hold = !gone.empty() && !facts_.problems.empty();
  if (hold && !holding_)
    log::Warning(
        "VSwitchConfig {}: its Node is gone, but it is not deleted until this is corrected: {}",
        gone.front(), facts_.problems.front().ToString());
  holding_ = hold;
  if (!hold) std::ranges::for_each(gone, [this](const auto& name) { Delete(name); });
}

void Controller::Apply(const VSwitchConfig& config) {
  const kube::Ref ref = kube::RefOf(config);
  if (!in_flight_.insert(ref).second) return;  // planned again once that is answered
  source_.Apply(config, kManager, [self = std::weak_ptr(self_), ref, config](const auto& done) {
    const auto alive = self.lock();
    if (!alive) return;
    if (done) (*alive)->written_.insert_or_assign(config.meta.name, config);
    (*alive)->Written(ref, done);
  });
}

void Controller::JudgeAgents() {
  const Time now = loop_.Now();
  down_ = Since(facts_, std::move(down_), now);
  const LivenessChanges liveness =
      FindLivenessChanges(facts_, down_, now, std::time(nullptr), timeouts_);
  for (const auto& [name, ready] : liveness.ready) ApplyReady(name, ready);
  ApplyConditions(liveness.network_gone);
}

// Refusals, agents that are gone, and problems of the program, which has logged them.
void Controller::CheckWarnings() {
  std::vector<kube::Warning> warnings;
  for (const auto* conditions : {&refusals_, &down_.reported})
    for (const auto& [name, condition] : *conditions)
      warnings.push_back({name, condition.type, condition.reason, condition.message});
  for (const Problem& problem : program_ ? program_() : std::vector<Problem>())
    warnings.push_back({node_, problem.field, problem.reason, problem.ToString(), true});
  warnings_.Check(loop_.Now(), warnings);
}

void Controller::ApplyReady(const std::string& name, const kube::Condition& ready) {
  const kube::Ref ref{kube::Kind::kVSwitchConfig, name};
  if (!in_flight_.insert(ref).second) return;
  VSwitchConfig with{.meta = {.name = name}};
  with.status.conditions = {ready};
  source_.Apply(with, kLivenessManager,
                [self = std::weak_ptr(self_), ref, ready](const auto& done) {
                  const auto alive = self.lock();
                  if (!alive) return;
                  if (done) (*alive)->down_.reported[ref.key] = ready;
                  (*alive)->Written(ref, done);
                });
}

void Controller::ApplyConditions(const std::set<std::string>& network_gone) {
  for (const auto& [name, config] : facts_.existing) {
    const auto node = facts_.nodes.find(name);
    if (node == facts_.nodes.end()) continue;
    const auto wanted = NetworkConditionToWrite(node->second, config, network_gone.contains(name),
                                                kube::Rfc3339(std::time(nullptr)));
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
    failing_.erase(ref);
    if (failing_.empty()) outage_.Note("");
    return Changed();
  }
  ++counters_.write_errors;
  failing_.insert(ref);
  outage_.Note(result.error().message);
  if (!retry_.active()) retry_.Start(backoff_.Next());
}

}  // namespace kvs::controller
