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

// What the output half knows of the world: a target is a place that holds items (a switch's flows,
// the kernel's routes, rows of OVSDB), which can be read and changed. It keeps no state of its own
// about them: what should be there, what was refused, when to try again are the frame's business
// (reconciler.h), the same for all targets.
namespace kvs::apply {

// An item that is there.
template <class Item>
struct Found {
  Item item;
  // False: it has parts besides (made by somebody else, or unknown to this program), so that it
  // equals no item however alike.
  bool whole = true;
};

// A change that was not made, and why, for people.
template <class Item>
struct Refusal {
  engine::IdOf<Item> id{};
  Problem problem;
};

// What became of a delta.
template <class... Items>
struct Outcome {
  // Set: it is not known what is in effect (a lost reply, a lost connection).
  std::optional<Error> error;
  // What was refused, one by one.
  std::tuple<std::vector<Refusal<Items>>...> refused;
  // For targets that change as a whole: with a refusal, nothing else took effect either.
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

  // Reads all that is ours there: the content, never a count or a memory of what was written. What
  // is somebody else's is left out, and so is what a switch learned by itself. Calls `done` once,
  // perhaps before it returns.
  virtual void Dump(OnContents done) = 0;

  // Makes the changes. Those that edit something (a bucket of a group, an element of a set) are
  // told from those that write it anew by comparing `before` with `now`. One refusal holds up
  // nothing else, except in targets that change as a whole. Nothing that is not ours is replaced or
  // removed: where it is in the way, that is a refusal which names it. The deltas are valid until
  // this returns. Calls `done` once, perhaps before it returns.
  virtual void Apply(const Deltas& deltas, OnOutcome done) = 0;
};

}  // namespace kvs::apply
