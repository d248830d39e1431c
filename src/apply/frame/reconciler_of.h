#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "apply/frame/reconciler.h"
#include "apply/frame/target.h"
#include "base/log.h"
#include "engine/desired.h"
#include "io/loop.h"

namespace kvs::apply {

// The reconciler of one target, for these types of items.
template <class... Items>
class ReconcilerOf final : public Reconciler {
 public:
  // `target` and `desired` must outlive it.
  ReconcilerOf(io::Loop& loop, Target<Items...>& target, ReconcilerOptions options,
               engine::Desired<Items>&... desired)
      : loop_(loop),
        target_(target),
        options_(std::move(options)),
        pace_(options_.limits),
        look_(loop, [this] { Look(); }),
        repair_(loop, [this] { RepairSeen(); }),
        kinds_(desired...) {}

  uint64_t applied() const override { return applied_; }
  const Counters& counters() const override { return counters_; }

  void Begin() override {
    if (!std::exchange(begun_, true) && connected_) Look();
  }

  void Reconcile() override {
    if (!synced_ || busy_) return;
    const uint64_t revision = options_.revision();
    Deltas deltas{Kind<Items>().cursor.Take()...};
    (Release(Kind<Items>(), std::get<engine::Delta<Items>>(deltas)), ...);
    Apply(deltas, revision);
  }

  void Resync() override {
    if (!begun_ || !connected_) return;
    ask_at_ = loop_.Now();  // the cause of a refusal may be gone
    LookAt(pace_.AfterNotice(loop_.Now()));
  }

  void Audit() override {
    if (begun_ && connected_ && !busy_ && pace_.AuditIsDue(loop_.Now())) Look();
  }

  // The target's own notification: this item now exists, or (nullopt) `id` does not. A difference
  // from what is desired is repaired without a dump of everything.
  template <class Item>
  void Saw(const engine::IdOf<Item>& id, std::optional<Found<Item>> found) {
    if (!synced_) return;  // the pending dump will show it
    Kind<Item>().seen.insert_or_assign(id, std::move(found));
    if (!repair_.active()) repair_.Start(options_.limits.settle);
  }

  void Connected() override {
    if (!std::exchange(connected_, true) && begun_) Look();
  }

  void Disconnected() override {
    ++epoch_;
    connected_ = busy_ = synced_ = compared_ = look_again_ = false;
    applied_ = 0;
    error_.clear();
    (Kind<Items>().held.clear(), ...);
    (Kind<Items>().seen.clear(), ...);
    look_.Stop();
    look_at_.reset();
  }

  std::vector<Problem> Problems() const override {
    std::vector<Problem> all;
    if (!error_.empty())
      all.push_back({"Host", options_.name, error_, "Unreachable", options_.essential});
    const auto add = [&](const auto& held) {
      for (const auto& [id, holding] : held)  // report each reason once
        if (all.empty() || all.back() != holding.problem) all.push_back(holding.problem);
    };
    (add(Kind<Items>().held), ...);
    if (pace_.fought(loop_.Now()))
      all.push_back(
          {"Host", options_.name,
           fmt::format(
               "another program{} repeatedly changes what k-vswitch manages; it is restored every "
               "{} s; stop that program, or configure it to leave this alone",
               Writer(), pace_.fight_pause().count() / 1000),
           "ChangedByOthers"});
    return all;
  }

  // Whether this item was refused, and the target's differs from it.
  template <class Item>
  bool Refused(const engine::IdOf<Item>& id) const {
    return Kind<Item>().held.contains(id);
  }
  size_t refused() const { return (Kind<Items>().held.size() + ...); }

 private:
  using Contents = typename Target<Items...>::Contents;
  using Deltas = typename Target<Items...>::Deltas;

  // A refused change: not sent again until the desired item changes, or a retry is due.
  struct Holding {
    Problem problem;
    bool due = false;
  };
  template <class Item>
  struct KindOf {
    explicit KindOf(engine::Desired<Item>& desired) : cursor(desired) {}

    engine::Cursor<Item> cursor;
    std::map<engine::IdOf<Item>, Holding> held;
    std::unordered_map<engine::IdOf<Item>, std::optional<Found<Item>>> seen;
  };

  template <class Item>
  KindOf<Item>& Kind() {
    return std::get<KindOf<Item>>(kinds_);
  }
  template <class Item>
  const KindOf<Item>& Kind() const {
    return std::get<KindOf<Item>>(kinds_);
  }

  std::string Writer() const {
    const std::string writer = options_.writer ? options_.writer() : "";
    return writer.empty() ? "" : " (" + writer + ")";
  }

  void LookAt(Pace::Time when) {
    if (look_at_ && *look_at_ <= when) return;
    look_at_ = when;
    look_.Start(std::max(when - loop_.Now(), Pace::Time(0)));
  }

  void Look() {
    look_.Stop();
    look_at_.reset();
    if (busy_) {
      look_again_ = true;
      return;
    }
    busy_ = true;
    look_again_ = false;
    ++counters_.dumps;
    (Kind<Items>().seen.clear(), ...);  // the dump shows it
    target_.Dump([this, epoch = epoch_, began = loop_.Now()](Result<Contents> there) {
      if (epoch != epoch_) return;
      busy_ = false;
      pace_.Looked(began, loop_.Now());
      if (!there) return Failed(there.error().message);
      Compare(*there);
    });
  }

  void Compare(const Contents& there) {
    const uint64_t revision = options_.revision();
    const bool first = !std::exchange(compared_, true);
    Deltas deltas, repairs;
    (Difference(Kind<Items>(), std::get<std::vector<Found<Items>>>(there),
                std::get<engine::Delta<Items>>(deltas),
                std::get<engine::Delta<Items>>(first ? deltas : repairs)),
     ...);
    if (first) log::Info("{}: {} changes to make", options_.name, Size(deltas));
    if (MayRepair(repairs))
      (Append(std::get<engine::Delta<Items>>(repairs), std::get<engine::Delta<Items>>(deltas)),
       ...);
    Apply(deltas, revision);
  }

  template <class Item>
  static void Append(const engine::Delta<Item>& from, engine::Delta<Item>& to) {
    to.changes.insert(to.changes.end(), from.changes.begin(), from.changes.end());
  }

  // The differences from what is desired: changes of what is desired, and changes by others.
  template <class Item>
  void Difference(KindOf<Item>& kind, const std::vector<Found<Item>>& there,
                  engine::Delta<Item>& updates, engine::Delta<Item>& repairs) {
    const engine::Delta<Item> updated = kind.cursor.Take();
    Release(kind, updated);
    std::unordered_set<engine::IdOf<Item>> ids;
    for (const auto& change : updated.changes) ids.insert(change.id());
    engine::Delta<Item> all;
    AddDifferences(there, kind.cursor.desired(), all);
    LeaveOutHeld(kind, all);
    for (const auto& change : all.changes) {
      const bool update = ids.contains(change.id()) || kind.held.contains(change.id());
      (update ? updates : repairs).changes.push_back(change);
    }
  }

  template <class Item>
  static void AddDifferences(const std::vector<Found<Item>>& there,
                             const engine::Desired<Item>& desired, engine::Delta<Item>& delta) {
    size_t same = 0;
    for (const Found<Item>& found : there) {
      const Item* now = desired.Find(found.item.id());
      if (now != nullptr && found.whole && found.item == *now)
        ++same;
      else
        delta.Add(&found.item, now);
    }
    if (same == desired.size()) return;  // the usual case
    std::unordered_set<const Item*> met;
    for (const Found<Item>& found : there) met.insert(desired.Find(found.item.id()));
    desired.ForEach([&](const Item& item) {
      if (!met.contains(&item)) delta.Add(nullptr, &item);
    });
  }

  // If the desired item has changed, the refusal no longer applies.
  template <class Item>
  static void Release(KindOf<Item>& kind, const engine::Delta<Item>& updates) {
    if (kind.held.empty()) return;
    for (const auto& change : updates.changes) kind.held.erase(change.id());
  }

  template <class Item>
  void LeaveOutHeld(KindOf<Item>& kind, engine::Delta<Item>& delta) {
    if (kind.held.empty()) return;
    const bool ask = loop_.Now() >= ask_at_;
    std::unordered_set<engine::IdOf<Item>> differ;
    for (const auto& change : delta.changes) differ.insert(change.id());
    std::erase_if(kind.held, [&](const auto& one) { return !differ.contains(one.first); });
    for (auto& [id, holding] : kind.held) holding.due = ask;
    if (!ask)
      std::erase_if(delta.changes,
                    [&](const auto& change) { return kind.held.contains(change.id()); });
  }

  // Whether changes by others may be repaired now; if not, a repair is scheduled.
  bool MayRepair(const Deltas& repairs) {
    if (Size(repairs) == 0) return true;
    if (!pace_.MayRepair(loop_.Now())) {
      LookAt(loop_.Now() + pace_.fight_pause());
      news_ = true;
      return false;
    }
    counters_.repairs += Size(repairs);
    log::Warning("{}: {} changed by another program{}; restoring", options_.name, Size(repairs),
                 Writer());
    return true;
  }

  // Repairs the items that were reported one by one.
  void RepairSeen() {
    Reconcile();
    if (busy_ || !synced_) return;  // Applied() calls this again
    Deltas deltas;
    auto seen = std::make_tuple(std::exchange(Kind<Items>().seen, {})...);
    (AddSeen(Kind<Items>(), std::get<decltype(Kind<Items>().seen)>(seen),
             std::get<engine::Delta<Items>>(deltas)),
     ...);
    if (Size(deltas) > 0 && MayRepair(deltas)) Apply(deltas, options_.revision());
  }

  template <class Item, class SeenItems>
  static void AddSeen(const KindOf<Item>& kind, const SeenItems& seen, engine::Delta<Item>& delta) {
    for (const auto& [id, found] : seen) {
      const Item* now = kind.cursor.desired().Find(id);
      const bool as_desired =
          found ? now != nullptr && found->whole && found->item == *now : now == nullptr;
      if (!as_desired && !kind.held.contains(id)) delta.Add(found ? &found->item : nullptr, now);
    }
  }

  static size_t Size(const Deltas& deltas) {
    return (std::get<engine::Delta<Items>>(deltas).changes.size() + ...);
  }

  void Apply(const Deltas& deltas, uint64_t revision) {
    if (Size(deltas) == 0) return Applied(revision);
    busy_ = true;
    counters_.changes += Size(deltas);
    target_.Apply(deltas, [this, epoch = epoch_, revision](const Outcome<Items...>& outcome) {
      if (epoch != epoch_) return;
      busy_ = false;
      const size_t refusals = (std::get<std::vector<Refusal<Items>>>(outcome.refused).size() + ...);
      (Hold(Kind<Items>(), std::get<std::vector<Refusal<Items>>>(outcome.refused)), ...);
      if (outcome.error) return Failed(outcome.error->message);
      if (refusals > 0) AskAgain();
      if (refusals > 0 && outcome.all_or_nothing) return Look();  // and send the others
      Applied(revision);
    });
  }

  template <class Item>
  void Hold(KindOf<Item>& kind, const std::vector<Refusal<Item>>& refusals) {
    if (kind.held.empty() && refusals.empty()) return;
    news_ = true;
    const auto before = std::exchange(kind.held, {});
    for (const auto& [id, holding] : before)
      if (!holding.due) kind.held.emplace(id, holding);
    for (const Refusal<Item>& refusal : refusals) {
      const auto known = before.find(refusal.id);
      if (known == before.end() || known->second.problem != refusal.problem)
        log::Warning("{}", refusal.problem.ToString());
      kind.held.insert_or_assign(refusal.id, Holding{refusal.problem});
    }
  }

  void AskAgain() {
    ask_at_ = loop_.Now() + pace_.Retry();
    LookAt(ask_at_);
  }

  void Applied(uint64_t revision) {
    if (!error_.empty()) log::Info("{}: works again", options_.name);
    news_ |= !error_.empty() || applied_ != revision;
    error_.clear();
    if (refused() == 0) pace_.Succeeded();
    synced_ = true;
    applied_ = revision;
    Notify();
    if (look_again_) return Look();
    const bool updates = (Kind<Items>().cursor.changed() || ...);
    const bool seen = (!Kind<Items>().seen.empty() || ...);
    if (updates) return Reconcile();
    if (seen && !repair_.active()) repair_.Start(options_.limits.settle);
  }

  // The target's state is unknown: dump it again.
  void Failed(const std::string& why) {
    if (why != error_) log::Warning("{}: {}", options_.name, why);
    error_ = why;
    synced_ = compared_ = false;  // then a difference comes from this failure, and is not drift
    news_ = true;
    LookAt(loop_.Now() + pace_.Retry());
    Notify();
  }

  void Notify() {
    if (std::exchange(news_, false) && options_.on_change) options_.on_change();
  }

  io::Loop& loop_;
  Target<Items...>& target_;
  ReconcilerOptions options_;
  Pace pace_;
  io::Timer look_, repair_;
  std::tuple<KindOf<Items>...> kinds_;
  std::optional<Pace::Time> look_at_;  // when look_ fires
  Pace::Time ask_at_{0};               // when refused changes are tried again
  uint64_t epoch_ = 0;                 // of the connection: answers of earlier ones are ignored
  bool begun_ = false;
  bool connected_ = true;
  bool busy_ = false;        // a dump or a delta is in progress
  bool look_again_ = false;  // after that
  bool synced_ = false;      // the target's content is known, so deltas may be sent
  bool compared_ = false;    // since the connection was made: a difference is drift
  bool news_ = false;        // on_change is due
  uint64_t applied_ = 0;
  std::string error_;
  Counters counters_;
};

}  // namespace kvs::apply
