#include <fmt/format.h>

#include <fstream>

#include "apply/frame/reconciler_of.h"
#include "apply/targets/switch_target.h"
#include "base/benchmark.h"
#include "base/log.h"
#include "openflow/dummy_switch.h"
#include "openflow/sample_flows.h"

// An agent that restarts and finds 100,000 unchanged flows: from values in memory, through a new
// Connection, a dump and a comparison, until the switch is known to be right. The peer is
// `ovs-ofctl replace-flows` with the same flows in a file. Alternating, medians.
namespace kvs::apply {
namespace {

using bench::Die;
using bench::Milliseconds;
using bench::Need;

constexpr int kFlows = 100000;
constexpr int kRounds = 5;

// Returns the number of changes that it sent.
uint64_t Restart(const openflow::DummySwitch& there, const std::vector<flow::Flow>& flows) {
  engine::Desired<flow::Flow> wanted;
  engine::Desired<flow::Group> groups;
  engine::Desired<flow::Meter> meters;
  engine::Desired<ForeignFlow> foreign;
  for (const flow::Flow& flow : flows) wanted.Put(0, flow);
  io::Loop loop;
  std::unique_ptr<ReconcilerOf<flow::Flow, flow::Group, flow::Meter, ForeignFlow>> reconciler;
  openflow::Connection connection(loop, there.socket(),
                                  {.on_up = [&](uint64_t) { reconciler->Connected(); },
                                   .on_down = [](const Error& error) { Die(error.message); },
                                   .on_packet_in = {},
                                   .on_port_status = {},
                                   .on_flow_event = {},
                                   .on_flow_removed = {}});
  SwitchTarget target(connection);
  reconciler = std::make_unique<ReconcilerOf<flow::Flow, flow::Group, flow::Meter, ForeignFlow>>(
      loop, target,
      ReconcilerOptions{.name = "switch",
                        .revision = [] { return 1; },
                        .on_change =
                            [&] {
                              if (reconciler->applied() > 0) loop.Stop();
                            }},
      wanted, groups, meters, foreign);
  reconciler->Disconnected();
  reconciler->Begin();
  loop.Run();
  return reconciler->counters().changes;
}

int Main() {
  std::vector<flow::Flow> flows;
  Need(log::Configure("warning", "text"));
  const openflow::DummySwitch there;
  const std::string file = there.folder() + "/flows";
  std::ofstream text(file);
  for (int i = 0; i < kFlows; ++i) {
    const std::string line = openflow::SampleFlow(i);
    flows.push_back(Need(flow::Flow::Parse(line)));
    text << line << "\n";
  }
  text.close();
  there.Ofctl({"--bundle", "add-flows", there.socket(), file});

  std::vector<double> ours, theirs;
  uint64_t changes = 0;
  for (int round = 0; round < kRounds; ++round) {
    ours.push_back(Milliseconds([&] { changes += Restart(there, flows); }));
    theirs.push_back(Milliseconds([&] { there.Ofctl({"replace-flows", there.socket(), file}); }));
  }
  bench::PrintTimes(fmt::format("restart at 100,000 flows, {} flow mods", changes), ours,
                    "ovs-ofctl replace-flows", theirs);
  return 0;
}

}  // namespace
}  // namespace kvs::apply

int main() { return kvs::apply::Main(); }
