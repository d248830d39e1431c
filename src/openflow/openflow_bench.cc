#include <fmt/format.h>

#include <fstream>
#include <functional>

#include "base/benchmark.h"
#include "openflow/connection.h"
#include "openflow/dummy_switch.h"
#include "openflow/sample_flows.h"

// 100,000 flows into an empty switch, and back out of it: from values in memory, through a new
// Connection, until the switch has confirmed (or all are values again); beside it `ovs-ofctl` doing
// the same from and to a file. Alternating, medians.
namespace kvs::openflow {
namespace {

using bench::Die;
using bench::Milliseconds;
using bench::Need;

constexpr int kFlows = 100000;
constexpr int kRounds = 5;

// Connects, does `work` and returns when that has stopped the loop.
void WithConnection(const DummySwitch& there,
                    const std::function<void(io::Loop&, Connection&)>& work) {
  io::Loop loop;
  std::unique_ptr<Connection> connection;
  connection = std::make_unique<Connection>(
      loop, there.socket(),
      Connection::Handlers{.on_up = [&](uint64_t) { work(loop, *connection); },
                           .on_down = [](const Error& error) { Die(error.message); }});
  loop.Run();
}

void Load(const DummySwitch& there, std::vector<Change> changes) {
  WithConnection(there, [&](io::Loop& loop, Connection& connection) {
    connection.Apply(std::move(changes), [&loop](const ApplyResult& result) {
      if (!result.ok()) Die(result.error->message);
      loop.Stop();
    });
  });
}

size_t Dump(const DummySwitch& there) {
  size_t flows = 0;
  WithConnection(there, [&](io::Loop& loop, Connection& connection) {
    connection.DumpFlows(
        {}, [&flows](const std::vector<InstalledFlow>& batch) { flows += batch.size(); },
        [&loop](const Result<>& result) {
          if (!result) Die(result.error().message);
          loop.Stop();
        });
  });
  return flows;
}

int Main() {
  std::vector<Change> changes;
  std::string text;
  for (int i = 0; i < kFlows; ++i) {
    const std::string line = SampleFlow(i);
    changes.push_back(PutFlow{Need(flow::Flow::Parse(line))});
    text += line + "\n";
  }
  std::vector<double> load, load_peer, dump, dump_peer;
  for (int round = 0; round < kRounds; ++round) {
    {
      const DummySwitch there;
      std::vector<Change> copy = changes;
      load.push_back(Milliseconds([&] { Load(there, std::move(copy)); }));
      dump.push_back(Milliseconds([&] {
        if (const size_t flows = Dump(there); flows != kFlows) Die(fmt::format("{} flows", flows));
      }));
    }
    const DummySwitch there;
    const std::string file = there.folder() + "/flows";
    std::ofstream(file) << text;
    load_peer.push_back(Milliseconds([&] {
      there.Ofctl({"--bundle", "add-flows", there.socket(), file});
    }));
    dump_peer.push_back(Milliseconds([&] { there.Ofctl({"dump-flows", there.socket()}); }));
  }
  bench::PrintTimes("100,000 flows into an empty switch", load, "ovs-ofctl --bundle add-flows",
                    load_peer);
  bench::PrintTimes("100,000 flows dumped", dump, "ovs-ofctl dump-flows", dump_peer);
  return 0;
}

}  // namespace
}  // namespace kvs::openflow

int main() { return kvs::openflow::Main(); }
