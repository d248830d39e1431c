#include "pipeline/pipeline.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/hash.h"
#include "pipeline/describe.h"

namespace kvs::pipeline {
namespace {

uint64_t CookieOf(const Rule& rule, std::string_view row) {
  return CookieOf(CookieKind::kRule, StableHash(row, StableHash(rule.name)));
}

}  // namespace

std::string Owner::Object() const { return fmt::format("{}", fmt::join(objects, ", ")); }

Pipeline::Pipeline(world::World& world) : world_(world) {
  world.ForEachTable([&](auto& table) { engine_.AddTable(table); });
  for (const Rule& rule : Rules())
    std::visit(
        [&]<class Row>(RuleOn<Row> run) {
          engine_.AddRule<Row>(
              rule.name, world.Of<Row>(),
              [&rule, &world, run](engine::Reader& reader, const Row& row, Engine::Emit& emit) {
                Plan plan(emit, CookieOf(rule, row.CookieName()));
                run(View(world, reader), row, plan);
              });
        },
        rule.run);
}

std::vector<Problem> Pipeline::Problems() const {
  std::vector<Problem> problems = engine_.Problems();
  Owners owners;
  engine_.desired<flow::Flow>().ForEachConflict([&](const flow::FlowKey& key, const auto& claims) {
    if (owners.empty()) owners = FindOwners();
    const std::vector<Owner>& first = owners[claims.front().item.cookie];
    if (first.empty()) return;
    for (size_t i = 1; i < claims.size(); ++i)
      for (const Owner& owner : owners[claims[i].item.cookie])
        problems.push_back({owner.Object(), owner.field,
                            fmt::format("{} has {} already; change one of the two",
                                        first.front().Object(), Describe(key.match))});
  });
  std::ranges::sort(problems);
  return problems;
}

Owners Pipeline::FindOwners() const {
  Owners owners;
  ForEachOwner([&](uint64_t cookie, const Owner& owner) { owners[cookie].push_back(owner); });
  for (auto& [cookie, of_cookie] : owners) std::ranges::sort(of_cookie);
  return owners;
}

void Pipeline::ForEachOwner(const std::function<void(uint64_t, const Owner&)>& visit) const {
  for (const Rule& rule : Rules())
    std::visit(
        [&]<class Row>(RuleOn<Row>) {
          world_.Of<Row>().ForEach([&](const Row& row) {
            const Owner owner{std::string(rule.name), row.CookieName(), row.Objects(),
                              std::string(Row::kField), std::string(rule.why)};
            visit(CookieOf(rule, owner.row), owner);
          });
        },
        rule.run);
}

}  // namespace kvs::pipeline
