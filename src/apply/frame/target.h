#pragma once

#include <functional>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/problem.h"
#include "base/result.h"
#include "engine/delta.h"

// What the output half changes: a target is a place that holds items (a switch's flows, the
// kernel's routes, rows of OVSDB), and can be read and changed. It keeps no state of its own about
// them: what should exist, what was refused, and when to retry are the reconciler's business
// (reconciler.h), which is the same for all targets.
namespace kvs::apply {

// An item in the target.
template <class Item>
struct Found {
  Item item;
  // False: it has additional parts (from another program, or unknown to this one), so it is never
  // equal to a desired item.
  bool whole = true;
};

// A change that was refused, and why, for people.
template <class Item>
struct Refusal {
  engine::IdOf<Item> id{};
  Problem problem;
};

// The result of a delta.
template <class... Items>
struct Outcome {
  // Set: it is unknown what is in effect (a lost reply, a lost connection).
  std::optional<Error> error;
  // The individual refusals.
  std::tuple<std::vector<Refusal<Items>>...> refused;
  // For targets that change as a whole: after a refusal, nothing else took effect either.
  bool all_or_nothing = false;

  template <class Item>
  void Refuse(engine::IdOf<Item> id, Problem problem) {
    std::get<std::vector<Refusal<Item>>>(refused).push_back({std::move(id), std::move(problem)});
  }
};

template <class... Items>
class Target {
 public:
  using Contents = std::tuple<std::vector<Found<Items>>...>;
  using Deltas = std::tuple<engine::Delta<Items>...>;
  using OnContents = std::function<void(Result<Contents>)>;
  using OnOutcome = std::function<void(const Outcome<Items...>&)>;

  virtual ~Target() = default;

  // Reads all our items: their content, never a count or a memory of what was written. Items of
  // other programs are left out, and so is what a switch learned by itself. Calls `done` once,
  // possibly before it returns.
  virtual void Dump(OnContents done) = 0;

  // Makes the changes. `before` and `now` show whether an item is edited in place (a bucket of a
  // group, an element of a set) or replaced. A refused change does not stop the others, except in
  // targets that change as a whole. Items of other programs are never replaced or removed: if one
  // is in the way, the change is refused, and the refusal names it. The deltas are valid until this
  // returns. Calls `done` once, possibly before it returns.
  virtual void Apply(const Deltas& deltas, OnOutcome done) = 0;
};

}  // namespace kvs::apply
