#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
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

struct Rule {
  std::string_view name;  // part of the cookies: never rename one lightly
  std::variant<RuleOn<world::Self>, RuleOn<world::Node>, RuleOn<world::Port>,
               RuleOn<world::CrowdedPort>>
      run;
  std::string_view why = {};  // why its flows drop packets, for people; "": its name says it
};

// All rules. Of two that claim one flow, the earlier one has it.
std::span<const Rule> Rules();

// What made a flow.
struct Owner {
  std::string rule;      // "route-pod"
  std::string row;       // "Port/kv3"
  std::string object;    // the Kubernetes object behind the row: "Pod/default/web-0"
  std::string field;     // where that object says what its flows match: "spec.podCIDRs"
  std::string why = {};  // as of Rule

  friend auto operator<=>(const Owner&, const Owner&) = default;
};

class Pipeline {
 public:
  // `world` outlives the pipeline. Rows come after this: it must be empty now.
  explicit Pipeline(world::World& world);

  Engine& engine() { return engine_; }
  const Engine& engine() const { return engine_; }

  // What the rules complained of, and the flows that two rows claim: who has to stand back for
  // whom.
  std::vector<Problem> Problems() const;

  // Who made the flows with this cookie. One owner, but for a collision of hashes, and none for a
  // cookie that no present row has. Costs a walk over all rows.
  std::vector<Owner> Explain(uint64_t cookie) const;
  // All owners with their cookies; for who asks about many.
  void ForEachOwner(const std::function<void(uint64_t cookie, const Owner&)>& visit) const;

 private:
  world::World& world_;
  Engine engine_;
};

}  // namespace kvs::pipeline
