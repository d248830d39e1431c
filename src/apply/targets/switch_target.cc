#include "apply/targets/switch_target.h"

#include <algorithm>
#include <memory>

#include "base/log.h"
#include "ovsdb/names.h"
#include "pipeline/fields.h"

namespace kvs::apply {
namespace {

using openflow::Change;

// An empty switch gets flows in bundles of this size, so that it needs less memory at once.
// Otherwise there is one bundle: between two halves packets would be lost.
constexpr size_t kBundle = 4000;

// Whether `before` becomes `now` by removing buckets and appending some.
bool IsEdit(const flow::Group& before, const flow::Group& now) {
  flow::Group same = before;
  same.buckets = now.buckets;
  if (same != now) return false;
  // Buckets are ordered by id: common ones must be equal, and the new ones come last.
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

using SwitchOutcome = Outcome<flow::Flow, flow::Group, flow::Meter, ForeignFlow>;

// Assigns the refusal of a change to its item.
void Refuse(const Change& change, const std::string& reason, SwitchOutcome& outcome) {
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

uint32_t MeterOf(const openflow::MeterChange& change) {
  return std::visit(
      []<class T>(const T& one) {
        if constexpr (std::is_same_v<T, openflow::EraseMeter>)
          return one.meter;
        else
          return one.meter.meter_id;
      },
      change);
}

// One text for all meters, because a switch that refuses one usually refuses all.
Problem MeterRefused(const std::string& reason) {
  return {"OpenFlow", "meter",
          fmt::format("{}; pods' new connections and fragments are not limited until the switch "
                      "accepts meters: see `ovs-ofctl -O OpenFlow15 meter-features {}`; the "
                      "kernel's datapath supports them since Linux 4.18",
                      reason, ovsdb::kBridgeName),
          "MeterRejected"};
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
  const auto failed = std::make_shared<std::optional<Error>>();
  connection_.DumpGroups([contents, failed](Result<std::vector<openflow::InstalledGroup>> groups) {
    if (!groups) return failed->emplace(groups.error()), void();
    for (auto& installed : *groups)
      std::get<1>(*contents).push_back({std::move(installed.group), !installed.foreign});
  });
  connection_.DumpMeters([contents, failed](Result<std::vector<openflow::InstalledMeter>> meters) {
    if (!meters) return failed->emplace(meters.error()), void();
    for (const auto& installed : *meters)
      std::get<2>(*contents).push_back({installed.meter, !installed.foreign});
  });
  connection_.DumpFlows(
      {},
      [contents](std::vector<openflow::InstalledFlow> batch) {
        for (openflow::InstalledFlow& installed : batch) {
          const auto& key = installed.flow.key;
          if (!installed.foreign_match.empty())
            std::get<3>(*contents).push_back(
                {ForeignFlow{key.table, key.priority, std::move(installed.foreign_match)}});
          else if (auto ours = OursOf(std::move(installed)))
            std::get<0>(*contents).push_back(*std::move(ours));
        }
      },
      [this, contents, failed, done = std::move(done)](const Result<>& read) {
        if (!read) return done(tl::unexpected<Error>(read.error()));
        if (*failed) return done(tl::unexpected<Error>(**failed));
        empty_ = std::get<0>(*contents).empty();
        done(std::move(*contents));
      });
}

std::vector<Change> ChangesFor(const SwitchTarget::Deltas& deltas) {
  const auto& [flows, groups, meters, foreign] = deltas;
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

MeterChanges MeterChangesFor(const SwitchTarget::Deltas& deltas) {
  MeterChanges changes;
  for (const auto& change : std::get<engine::Delta<flow::Meter>>(deltas).changes) {
    if (change.now == nullptr)
      changes.after.emplace_back(openflow::EraseMeter{change.id()});
    else if (change.before == nullptr)
      changes.before.emplace_back(openflow::AddMeter{*change.now});
    else
      changes.before.emplace_back(openflow::ModifyMeter{*change.now});
  }
  return changes;
}

bool IsMetered(const flow::Flow& flow) {
  return std::ranges::any_of(flow.actions, [](const flow::Action& action) {
    return std::holds_alternative<flow::ThroughMeter>(action.variant());
  });
}

std::vector<flow::FlowKey> TakeOutFlowsThrough(const std::set<uint32_t>& meters,
                                               std::vector<Change>& changes) {
  std::vector<flow::FlowKey> taken;
  std::erase_if(changes, [&](const Change& change) {
    const auto* put = std::get_if<openflow::PutFlow>(&change);
    if (put == nullptr) return false;
    const bool through = std::ranges::any_of(put->flow.actions, [&](const flow::Action& action) {
      const auto* meter = std::get_if<flow::ThroughMeter>(&action.variant());
      return meter != nullptr && meters.contains(meter->meter);
    });
    if (through) taken.push_back(put->flow.key);
    return through;
  });
  return taken;
}

// A delta in progress.
struct SwitchTarget::Work {
  MeterChanges meters;
  std::vector<Change> changes;
  OnOutcome done;
  SwitchOutcome outcome;

  void Refused(const std::vector<openflow::MeterChange>& of, const openflow::ApplyResult& result) {
    std::set<uint32_t> missing;
    for (const auto& refusal : result.refused) {
      const openflow::MeterChange& change = of[refusal.change];
      outcome.Refuse<flow::Meter>(MeterOf(change), MeterRefused(refusal.reason));
      if (std::holds_alternative<openflow::AddMeter>(change)) missing.insert(MeterOf(change));
    }
    if (missing.empty()) return;
    for (flow::FlowKey& key : TakeOutFlowsThrough(missing, changes))
      outcome.Refuse<flow::Flow>(std::move(key), MeterRefused(result.refused.front().reason));
  }
};

void SwitchTarget::Apply(const Deltas& deltas, OnOutcome done) {
  const auto work = std::make_shared<Work>(
      Work{MeterChangesFor(deltas), ChangesFor(deltas), std::move(done), {}});
  if (log::Enabled(log::Level::kDebug)) {
    for (const auto* meters : {&work->meters.before, &work->meters.after})
      for (const auto& change : *meters) log::Debug("switch: {}", ToString(change));
    for (const Change& change : work->changes) log::Debug("switch: {}", ToString(change));
  }
  if (work->meters.before.empty()) return ApplyBundle(work);
  connection_.ChangeMeters(work->meters.before, [this, work](const auto& result) {
    work->Refused(work->meters.before, result);
    if (!result.ok() && result.refused.empty()) {
      work->outcome.error = *result.error;
      return work->done(work->outcome);
    }
    ApplyBundle(work);
  });
}

void SwitchTarget::ApplyBundle(const std::shared_ptr<Work>& work) {
  const size_t bundle = std::exchange(empty_, false) ? kBundle : 0;
  if (work->changes.empty()) return EraseMeters(work);
  connection_.Apply(
      work->changes,
      [this, work](const openflow::ApplyResult& result) {
        SwitchOutcome& outcome = work->outcome;
        for (const auto& refusal : result.refused)
          Refuse(work->changes[refusal.change], refusal.reason, outcome);
        outcome.all_or_nothing = !result.refused.empty();
        if (!result.ok() && result.refused.empty()) outcome.error = *result.error;
        if (!result.ok()) return work->done(outcome);
        EraseMeters(work);
      },
      bundle);
}

void SwitchTarget::EraseMeters(const std::shared_ptr<Work>& work) {
  if (work->meters.after.empty()) return work->done(work->outcome);
  connection_.ChangeMeters(work->meters.after, [work](const auto& result) {
    work->Refused(work->meters.after, result);
    if (!result.ok() && result.refused.empty()) work->outcome.error = *result.error;
    work->done(work->outcome);
  });
}

}  // namespace kvs::apply
