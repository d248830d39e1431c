#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "pipeline/pipeline.h"
#include "world/world.h"

// Scenario files, for tests: facts in, and what follows from them out, in an operator's words.
// A step is a few changes, a line of four dashes and what follows from them, up to an empty line:
//
//   # A pod comes.
//   put Port kv3 ofport=19 mac=0a:58:0a:01:01:03 ips=10.1.1.3 pod=default/web
//   ----
//   work 6 fragments
//   + route 300 ip,nw_dst=10.1.1.3 actions=...
//
// "+" is added, "-" is removed, "!" is a problem that operators see. Lines that start with # are
// for the reader.
namespace kvs::pipeline {

struct ScenarioStep {
  std::vector<std::string> comments;
  std::vector<std::string> changes;
  std::vector<std::string> expected;
};

std::vector<ScenarioStep> ParseScenario(std::string_view text);
std::string PrintScenario(const std::vector<ScenarioStep>& steps);

// "put Port kv3 ofport=19 ...", "erase Node n2". Errors name the word.
Result<> Change(world::World& world, std::string_view line);

// Prints what follows from changes.
class DeltaText {
 public:
  explicit DeltaText(Pipeline& pipeline) : pipeline_(pipeline), cursors_(pipeline.engine()) {}

  // Runs the engine and returns what changed since the last call, in order.
  std::vector<std::string> Run();

 private:
  template <class... Items>
  struct Cursors : engine::Cursor<Items>... {
    explicit Cursors(Engine& engine) : engine::Cursor<Items>(engine.desired<Items>())... {}
  };

  Pipeline& pipeline_;
  Cursors<flow::Flow, flow::Meter, HostLink, HostAddress, HostRoute, HostNeighbour, KernelSetting,
          TunnelPort, IngressDrop, AddressSetMember>
      cursors_;
};

}  // namespace kvs::pipeline
