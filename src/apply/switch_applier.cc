#include "apply/switch_applier.h"

#include <unordered_map>
#include <unordered_set>

#include "base/log.h"

namespace kvs::apply {
namespace {

using openflow::Change;

// A switch that has no flows yet gets them in bundles of this many, so that it needs less memory at
// once. One that has some changes as a whole: between two halves packets would be lost.
constexpr size_t kBundle = 4000;
// After a change by somebody else, wait for the rest of it.
constexpr auto kAuditDelay = std::chrono::milliseconds(200);

}  // namespace

SwitchApplier::SwitchApplier(io::Loop& loop, openflow::Connection& connection, Wanted wanted,
                             std::function<void()> on_applied)
    : connection_(connection),
      wanted_(std::move(wanted)),
      on_applied_(std::move(on_applied)),
      audit_soon_(loop, [this] {
        audit_ = true;
        if (state_ == State::kIdle) Dump();
      }) {}

void SwitchApplier::Begin() {
  if (std::exchange(begun_, true)) return;
  if (state_ == State::kDown && connection_.up()) Dump();
}

void SwitchApplier::OnUp() {
  repairing_ = false;
  refused_.clear();
  if (begun_) Dump();
}

void SwitchApplier::OnDown() {
  state_ = State::kDown;
  applied_ = 0;
}

void SwitchApplier::Changed() {
  if (state_ == State::kIdle) SendDelta();
}

void SwitchApplier::Audit() {
  if (!audit_soon_.active()) audit_soon_.Start(kAuditDelay);
}

void SwitchApplier::Dump() {
  state_ = State::kDumping;
  audit_ = false;
  ++counters_.dumps;
  installed_flows_.clear();
  connection_.DumpGroups([this](Result<std::vector<openflow::InstalledGroup>> groups) {
    if (groups) installed_groups_ = std::move(*groups);
  });
  connection_.DumpFlows(
      {},
      [this](std::vector<openflow::InstalledFlow> batch) {
        std::ranges::move(batch, std::back_inserter(installed_flows_));
      },
      [this](const Result<>& done) {
        if (done) Compare();  // else the connection is lost, and on_down follows
      });
}

void SwitchApplier::LeaveOutRefused(std::vector<Change>& changes) const {
  if (refused_.empty()) return;
  std::erase_if(changes,
                [this](const Change& change) { return refused_.contains(ToString(change)); });
}

void SwitchApplier::Compare() {
  const uint64_t revision = wanted_.revision();
  wanted_.flows.Settle();  // the comparison covers what they would tell
  wanted_.groups.Settle();

  std::vector<Change> changes;
  std::unordered_map<uint32_t, const openflow::InstalledGroup*> groups;
  for (const auto& installed : installed_groups_)
    groups.emplace(installed.group.group_id, &installed);
  wanted_.groups.ForEach([&](const flow::Group& group) {
    const auto it = groups.find(group.group_id);
    const bool same = it != groups.end() && !it->second->foreign && it->second->group == group;
    if (it != groups.end()) groups.erase(it);
    if (!same) changes.emplace_back(openflow::PutGroup{group});
  });
  for (const auto& [id, installed] : groups) changes.emplace_back(openflow::EraseGroup{id});

  CompareFlows(changes);

  const bool repairing = std::exchange(repairing_, true);
  if (repairing) counters_.repairs += changes.size();
  if (!repairing || !changes.empty())
    log::Info("switch: {} flows and {} groups are there, {} and {} are wanted; {} changes",
              installed_flows_.size(), installed_groups_.size(), wanted_.flows.size(),
              wanted_.groups.size(), changes.size());
  const size_t bundle = installed_flows_.empty() ? kBundle : 0;
  installed_flows_ = {};
  installed_groups_ = {};
  Send(std::move(changes), revision, bundle);
}

void SwitchApplier::CompareFlows(std::vector<Change>& changes) const {
  size_t found = 0;
  for (const auto& installed : installed_flows_) {
    const flow::Flow& flow = installed.flow;
    if (!installed.foreign_match.empty()) {
      changes.emplace_back(
          openflow::EraseForeignFlow{flow.key.table, flow.key.priority, installed.foreign_match});
    } else if (const flow::Flow* wanted = wanted_.flows.Find(flow.key)) {
      ++found;
      if (installed.foreign || flow != *wanted) changes.emplace_back(openflow::PutFlow{*wanted});
    } else {
      changes.emplace_back(openflow::EraseFlow{flow.key});
    }
  }
  // As a rule none is missing. (A dump is a snapshot: it names no flow twice.)
  if (found == wanted_.flows.size()) return;
  std::unordered_set<flow::FlowKey> there;
  for (const auto& installed : installed_flows_)
    if (installed.foreign_match.empty()) there.insert(installed.flow.key);
  wanted_.flows.ForEach([&](const flow::Flow& flow) {
    if (!there.contains(flow.key)) changes.emplace_back(openflow::PutFlow{flow});
  });
}

void SwitchApplier::SendDelta() {
  const uint64_t revision = wanted_.revision();
  const auto flows = wanted_.flows.Drain(revision);
  const auto groups = wanted_.groups.Drain(revision);
  std::vector<Change> changes;
  changes.reserve(flows.put.size() + flows.erase.size() + groups.put.size() + groups.erase.size());
  for (const auto& group : groups.put) changes.emplace_back(openflow::PutGroup{group});
  for (const auto& key : flows.erase) changes.emplace_back(openflow::EraseFlow{key});
  for (const auto& flow : flows.put) changes.emplace_back(openflow::PutFlow{flow});
  for (const uint32_t id : groups.erase) changes.emplace_back(openflow::EraseGroup{id});
  Send(std::move(changes), revision);
}

void SwitchApplier::Send(std::vector<Change> changes, uint64_t revision, size_t bundle) {
  state_ = State::kSending;
  LeaveOutRefused(changes);
  counters_.changes += changes.size();
  if (log::Enabled(log::Level::kDebug))
    for (const Change& change : changes) log::Debug("switch: {}", ToString(change));
  if (changes.empty()) return Sent(changes, revision, {});
  auto sent = std::make_shared<std::vector<Change>>(changes);
  connection_.Apply(
      std::move(changes),
      [this, sent, revision](const openflow::ApplyResult& result) {
        Sent(*sent, revision, result);
      },
      bundle);
}

void SwitchApplier::Sent(const std::vector<Change>& changes, uint64_t revision,
                         const openflow::ApplyResult& result) {
  if (!result.ok() && result.refused.empty()) {
    if (connection_.up()) {  // the bundle as a whole was refused: look again rather than guess
      log::Error("switch: {}", result.error->message);
      state_ = State::kIdle;
      Audit();
    }
    return;
  }
  for (const auto& refusal : result.refused) {
    log::Error("switch: refused: {}", refusal.reason);
    refused_[ToString(changes[refusal.change])] = refusal.reason;
  }
  if (!result.refused.empty()) return Dump();  // and send the rest without them
  state_ = State::kIdle;
  const bool forward = revision != applied_;
  applied_ = revision;
  if (audit_) return Dump();
  if (wanted_.flows.changed() || wanted_.groups.changed()) SendDelta();
  if (forward && on_applied_) on_applied_();
}

}  // namespace kvs::apply
