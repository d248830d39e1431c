#include "apply/switch_target.h"

#include <algorithm>
#include <memory>

#include "base/log.h"
#include "pipeline/fields.h"

namespace kvs::apply {
namespace {

using openflow::Change;

// A switch that has no flows yet gets them in bundles of this many, so that it needs less memory at
// once. One that has some changes as a whole: between two halves packets would be lost.
constexpr size_t kBundle = 4000;

// Whether `before` becomes `now` by taking buckets out and adding some at the end.
bool IsEdit(const flow::Group& before, const flow::Group& now) {
  flow::Group same = before;
  same.buckets = now.buckets;
  if (same != now) return false;
  // Buckets are ordered by id: those that both have must be equal, and the new ones come last.
  uint32_t last = 0;
  for (const flow::Bucket& bucket : before.buckets) {
    const auto kept = std::ranges::find(now.buckets, bucket.id, &flow::Bucket::id);
    if (kept == now.buckets.end()) continue;
    if (*kept != bucket) return false;
    last = bucket.id;
  }
  return std::ranges::all_of(now.buckets, [&](const flow::Bucket& bucket) {
    return bucket.id > last || std::ranges::count(before.buckets, bucket.id, &flow::Bucket::id) > 0;
  });
}

void Edit(const flow::Group& before, const flow::Group& now, std::vector<Change>& changes) {
  for (const flow::Bucket& bucket : before.buckets)
    if (std::ranges::count(now.buckets, bucket.id, &flow::Bucket::id) == 0)
      changes.emplace_back(openflow::EraseBucket{now.group_id, bucket.id});
  openflow::InsertBuckets inserted{.group = now.group_id, .buckets = {}};
  for (const flow::Bucket& bucket : now.buckets)
    if (std::ranges::count(before.buckets, bucket.id, &flow::Bucket::id) == 0)
      inserted.buckets.push_back(bucket);
  if (!inserted.buckets.empty()) changes.emplace_back(std::move(inserted));
}

void Put(const engine::Change<flow::Group>& change, std::vector<Change>& changes) {
  if (change.before != nullptr && *change.before != *change.now &&
      IsEdit(*change.before, *change.now))
    return Edit(*change.before, *change.now, changes);
  changes.emplace_back(openflow::PutGroup{*change.now});
}

// Which item a change is of, for a refusal.
void Refuse(const Change& change, const std::string& reason,
            Outcome<flow::Flow, flow::Group, ForeignFlow>& outcome) {
  const Problem problem{"OpenFlow", "flow", "refused by the switch: " + reason,
                        "FlowTableRejected"};
  std::visit(
      [&]<class T>(const T& one) {
        if constexpr (std::is_same_v<T, openflow::PutFlow>)
          outcome.Refuse<flow::Flow>(one.flow.key, problem);
        else if constexpr (std::is_same_v<T, openflow::EraseFlow>)
          outcome.Refuse<flow::Flow>(one.key, problem);
        else if constexpr (std::is_same_v<T, openflow::EraseForeignFlow>)
          outcome.Refuse<ForeignFlow>(ForeignFlow{one.table, one.priority, one.match}.id(),
                                      problem);
        else if constexpr (std::is_same_v<T, openflow::PutGroup>)
          outcome.Refuse<flow::Group>(one.group.group_id, problem);
        else if constexpr (!std::is_same_v<T, openflow::EraseFlowsByCookie>)
          outcome.Refuse<flow::Group>(one.group, problem);
      },
      change);
}

}  // namespace

std::string ForeignFlow::id() const { return fmt::format("{}/{}/{}", table, priority, match); }

std::optional<Found<flow::Flow>> SwitchTarget::OursOf(openflow::InstalledFlow installed) {
  using pipeline::CookieKind;
  if (pipeline::KindOfCookie(installed.flow.cookie) == CookieKind::kLearned) return std::nullopt;
  return Found<flow::Flow>{std::move(installed.flow), !installed.foreign};
}

void SwitchTarget::Dump(OnContents done) {
  const auto contents = std::make_shared<Contents>();
  const auto groups_failed = std::make_shared<std::optional<Error>>();
  connection_.DumpGroups(
      [contents, groups_failed](Result<std::vector<openflow::InstalledGroup>> groups) {
        if (!groups) return groups_failed->emplace(groups.error()), void();
        for (auto& installed : *groups)
          std::get<1>(*contents).push_back({std::move(installed.group), !installed.foreign});
      });
  connection_.DumpFlows(
      {},
      [contents](std::vector<openflow::InstalledFlow> batch) {
        for (openflow::InstalledFlow& installed : batch) {
          const auto& key = installed.flow.key;
          if (!installed.foreign_match.empty())
            std::get<2>(*contents).push_back(
                {ForeignFlow{key.table, key.priority, std::move(installed.foreign_match)}});
          else if (auto ours = OursOf(std::move(installed)))
            std::get<0>(*contents).push_back(*std::move(ours));
        }
      },
      [this, contents, groups_failed, done = std::move(done)](const Result<>& read) {
        if (!read) return done(tl::unexpected<Error>(read.error()));
        if (*groups_failed) return done(tl::unexpected<Error>(**groups_failed));
        empty_ = std::get<0>(*contents).empty();
        done(std::move(*contents));
      });
}

std::vector<Change> ChangesFor(const SwitchTarget::Deltas& deltas) {
  const auto& [flows, groups, foreign] = deltas;
  std::vector<Change> changes;
  changes.reserve(flows.changes.size() + groups.changes.size() + foreign.changes.size());
  for (const auto& change : groups.changes)
    if (change.now != nullptr) Put(change, changes);
  for (const auto& change : foreign.changes)
    changes.emplace_back(openflow::EraseForeignFlow{change.before->table, change.before->priority,
                                                    change.before->match});
  for (const auto& change : flows.changes)
    if (change.now == nullptr) changes.emplace_back(openflow::EraseFlow{change.id()});
  for (const auto& change : flows.changes)
    if (change.now != nullptr) changes.emplace_back(openflow::PutFlow{*change.now});
  for (const auto& change : groups.changes)
    if (change.now == nullptr) changes.emplace_back(openflow::EraseGroup{change.id()});
  return changes;
}

void SwitchTarget::Apply(const Deltas& deltas, OnOutcome done) {
  std::vector<Change> changes = ChangesFor(deltas);
  if (log::Enabled(log::Level::kDebug))
    for (const Change& change : changes) log::Debug("switch: {}", ToString(change));
  const size_t bundle = std::exchange(empty_, false) ? kBundle : 0;
  const auto sent = std::make_shared<std::vector<Change>>(changes);
  connection_.Apply(
      std::move(changes),
      [sent, done = std::move(done)](const openflow::ApplyResult& result) {
        Outcome<flow::Flow, flow::Group, ForeignFlow> outcome{.all_or_nothing = true};
        for (const auto& refusal : result.refused)
          Refuse((*sent)[refusal.change], refusal.reason, outcome);
        if (!result.ok() && result.refused.empty()) outcome.error = *result.error;
        done(outcome);
      },
      bundle);
}

}  // namespace kvs::apply
