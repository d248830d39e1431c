#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "engine/engine.h"
#include "flow/flow.h"
#include "pipeline/items.h"
#include "pipeline/plan.h"
#include "world/world.h"

// The pure function from the facts to what the node should hold: all rules of rules.cc over the
// tables of a World.
//
//   Pipeline pipeline(world);
//   world.ports.Put(...);                                   // feeds
//   engine::Cursor<flow::Flow> flows(pipeline.engine().desired<flow::Flow>());  // a reconciler's
//   const uint64_t revision = pipeline.engine().Run();      // once per loop turn
//   engine::Delta<flow::Flow> delta = flows.Take();
namespace kvs::pipeline {

// A rule is a plain function: one row in, a few items out; no clock, no I/O, no captures.
template <class Row>
using RuleOn = void (*)(const View&, const Row&, Plan&);

// A rule on rows of any kind.
template <class... Rows>
std::variant<RuleOn<Rows>...> AnyRuleOn(std::tuple<engine::Table<Rows>&...>);
using AnyRule = decltype(AnyRuleOn(std::declval<world::World&>().Tables()));

struct Rule {
  std::string_view name;  // part of the cookies: never rename one lightly
  AnyRule run;
  std::string_view why = {};  // why its flows drop packets, for people; "": its name says it
};

// All rules. Of two that claim one flow, the earlier one has it.
std::span<const Rule> Rules();

// What made a flow.
struct Owner {
  std::string rule;                  // "route-pod"
  std::string row;                   // "Port/kv3"
  std::vector<std::string> objects;  // the Kubernetes objects behind the row: "Pod/default/web-0"
  std::string field;                 // where those say what its flows match: "spec.podCIDRs"
  std::string why = {};              // as of Rule

  // The objects as text: "Pod/default/web-0, Pod/default/web-1".
  std::string Object() const;
  friend auto operator<=>(const Owner&, const Owner&) = default;
};

// By cookie. One owner each, but for a collision of hashes; none for a cookie that no present row
// has.
using Owners = std::unordered_map<uint64_t, std::vector<Owner>>;

class Pipeline {
 public:
  // `world` outlives the pipeline. Rows come after this: it must be empty now.
  explicit Pipeline(world::World& world);

  Engine& engine() { return engine_; }
  const Engine& engine() const { return engine_; }

  // What the rules reported, and the flows that two rows claim: which of them has the flow.
  std::vector<Problem> Problems() const;

  // Who made the flows. Costs a walk over all rows and rules: ask once for many flows.
  Owners FindOwners() const;
  // The same in the order of the rules.
  void ForEachOwner(const std::function<void(uint64_t cookie, const Owner&)>& visit) const;

 private:
  world::World& world_;
  Engine engine_;
};

}  // namespace kvs::pipeline
