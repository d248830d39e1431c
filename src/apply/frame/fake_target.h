#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "apply/frame/target.h"

// A target in memory, for tests, with switches for the faults of real ones.
namespace kvs::apply {

template <class Item>
class FakeTarget final : public Target<Item> {
 public:
  using Id = engine::IdOf<Item>;
  using Base = Target<Item>;

  std::map<Id, Found<Item>> there;

  // Faults. Each lasts until the test unsets it.
  bool unreadable = false;      // dumps fail
  bool loses_replies = false;   // changes are made, but not confirmed
  bool fails = false;           // changes are not made, with an error for the whole delta
  bool all_or_nothing = false;  // if one is refused, all are
  std::set<Id> refuses;         // these, individually
  bool waits = false;           // answers only when Answer() is called

  // The calls it got.
  size_t dumps = 0, applies = 0;
  std::vector<std::pair<std::optional<Item>, std::optional<Item>>> changes;  // before, now

  void Dump(typename Base::OnContents done) override {
    ++dumps;
    Reply([this, done = std::move(done)] {
      if (unreadable) return done(Fail("the target is unreadable"));
      typename Base::Contents contents;
      for (const auto& [id, found] : there) std::get<0>(contents).push_back(found);
      done(std::move(contents));
    });
  }

  void Apply(const typename Base::Deltas& deltas, typename Base::OnOutcome done) override {
    ++applies;
    std::vector<std::pair<std::optional<Item>, std::optional<Item>>> asked;
    for (const auto& change : std::get<0>(deltas).changes)
      asked.emplace_back(Copy(change.before), Copy(change.now));
    Reply([this, asked = std::move(asked), done = std::move(done)] { done(Make(asked)); });
  }

  // Answers the oldest unanswered call; false if there is none.
  bool Answer() {
    if (replies_.empty()) return false;
    const auto reply = std::move(replies_.front());
    replies_.pop_front();
    reply();
    return true;
  }

 private:
  static std::optional<Item> Copy(const Item* item) {
    return item == nullptr ? std::nullopt : std::optional<Item>(*item);
  }

  void Reply(std::function<void()> reply) {
    replies_.push_back(std::move(reply));
    if (!waits) Answer();
  }

  Outcome<Item> Make(
      const std::vector<std::pair<std::optional<Item>, std::optional<Item>>>& asked) {
    Outcome<Item> outcome{.all_or_nothing = all_or_nothing};
    for (const auto& [before, now] : asked) {
      const Id id = (now ? *now : *before).id();
      if (refuses.contains(id))
        outcome.template Refuse<Item>(id, {"Fake", "item", "refused", "Refused"});
    }
    const bool refused = !std::get<0>(outcome.refused).empty();
    if (fails) outcome.error = Error{"the target failed"};
    if (fails || (refused && all_or_nothing)) return outcome;
    for (const auto& [before, now] : asked) {
      const Id id = (now ? *now : *before).id();
      if (refuses.contains(id)) continue;
      changes.emplace_back(before, now);
      if (now)
        there.insert_or_assign(id, Found<Item>{*now});
      else
        there.erase(id);
    }
    if (loses_replies) outcome.error = Error{"the reply was lost"};
    return outcome;
  }

  std::deque<std::function<void()>> replies_;
};

}  // namespace kvs::apply
