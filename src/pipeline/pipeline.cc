#include "pipeline/pipeline.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"
#include "pipeline/describe.h"

namespace kvs::pipeline {
namespace {

std::string RowName(const world::Self&) { return "Self"; }
std::string RowName(const world::Node& node) { return "Node/" + node.name; }
std::string RowName(const world::Port& port) { return "Port/" + port.name; }
std::string RowName(const world::CrowdedPort& port) { return "Port/" + port.name; }

std::string FieldOf(const world::Self&) { return "spec"; }
std::string FieldOf(const world::Node&) { return "spec.podCIDRs"; }
std::string FieldOf(const world::Port&) { return "status.podIPs"; }
std::string FieldOf(const world::CrowdedPort&) { return "connections"; }

uint64_t CookieOf(const Rule& rule, std::string_view row) {
  return CookieOf(CookieKind::kRule, StableHash(row, StableHash(rule.name)));
}

template <class Row>
engine::Table<Row>& TableOf(world::World& world) {
  if constexpr (std::is_same_v<Row, world::Self>) return world.self;
  if constexpr (std::is_same_v<Row, world::Node>) return world.nodes;
  if constexpr (std::is_same_v<Row, world::Port>) return world.ports;
  if constexpr (std::is_same_v<Row, world::CrowdedPort>) return world.crowded;
}

}  // namespace

const world::Self& View::self() const {
  static const world::Self kNothingKnown;
  const world::Self* self = reader_.Find(world_.self, 0);
  return self == nullptr ? kNothingKnown : *self;
}

Pipeline::Pipeline(world::World& world) : world_(world) {
  engine_.AddTable(world.self);
  engine_.AddTable(world.nodes);
  engine_.AddTable(world.ports);
  engine_.AddTable(world.crowded);
  for (const Rule& rule : Rules())
    std::visit(
        [&]<class Row>(RuleOn<Row> run) {
          engine_.AddRule<Row>(
              rule.name, TableOf<Row>(world),
              [&rule, &world, run](engine::Reader& reader, const Row& row, Engine::Emit& emit) {
                Plan plan(emit, CookieOf(rule, RowName(row)));
                run(View(world, reader), row, plan);
              });
        },
        rule.run);
}

std::vector<Problem> Pipeline::Problems() const {
  std::vector<Problem> problems = engine_.Problems();
  engine_.desired<flow::Flow>().ForEachConflict([&](const flow::FlowKey& key, const auto& claims) {
    const std::vector<Owner> first = Explain(claims.front().item.cookie);
    if (first.empty()) return;
    for (size_t i = 1; i < claims.size(); ++i)
      for (const Owner& owner : Explain(claims[i].item.cookie))
        problems.push_back({owner.object, owner.field,
                            fmt::format("{} has {} already; change one of the two",
                                        first.front().object, Describe(key.match))});
  });
  std::ranges::sort(problems);
  return problems;
}

std::vector<Owner> Pipeline::Explain(uint64_t cookie) const {
  std::vector<Owner> owners;
  ForEachOwner([&](uint64_t of, const Owner& owner) {
    if (of == cookie) owners.push_back(owner);
  });
  std::ranges::sort(owners);
  return owners;
}

void Pipeline::ForEachOwner(const std::function<void(uint64_t, const Owner&)>& visit) const {
  for (const Rule& rule : Rules())
    std::visit(
        [&]<class Row>(RuleOn<Row>) {
          TableOf<Row>(world_).ForEach([&](const Row& row) {
            Owner owner{std::string(rule.name), RowName(row), ObjectOf(row), FieldOf(row),
                        std::string(rule.why)};
            visit(CookieOf(rule, owner.row), owner);
          });
        },
        rule.run);
}

}  // namespace kvs::pipeline
