#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "base/benchmark.h"
#include "lab/cluster/lab.h"
#include "lab/live/bench/load.h"

// The agent of one node is killed and started again, over and over, while pods of that node send at
// a steady rate to a pod beside them and to one of another node. Every packet is numbered; what is
// lost is counted by number.
//
//   restart_bench [KILLS] [PACKETS]        default 20 and 100,000, of each stream
namespace kvs::lab {
namespace {

using bench::Die;
using bench::Need;

constexpr int kPerSecond = 1000;

// The first packet between two nodes may be lost while ovs-vswitchd asks for the other's MAC; it is
// sent here.
Path Between(const Lab& lab, const std::string& from, const std::string& to) {
  const Pod& client = lab.pods().at(from);
  const Pod& server = lab.pods().at(to);
  if (!Need(lab.Ping(from, server.ips.front())).reached)
    Die(fmt::format("{} does not reach {}", from, to));
  return {client.netns(lab.state()), server.netns(lab.state()), server.ips.front()};
}

uint64_t FlowOperations(const Node& node) {
  const std::string count = node.Metric("kvswitch_flow_operations_total");
  if (count.empty()) Die("the agent's metrics have no flow operations");
  return std::strtoull(count.c_str(), nullptr, 10);
}

void Print(const char* what, const Stream::Count& count) {
  fmt::print("  {:<28} {:>9} sent, {:>9} received: {} lost\n", what, count.sent, count.received,
             count.sent - count.received);
  const std::string name = fmt::format("agent killed, {}", what);
  bench::Record({name, "lost", static_cast<double>(count.sent - count.received)});
}

void Run(int kills, uint64_t packets) {
  const auto lab = Need(Lab::Up({.name = fmt::format("bench{}", getpid()), .nodes = 2}));
  Node& node = lab->node("node1");
  const auto near =
      Need(Stream::Start(Between(*lab, "tools/client-1", "shop/web-1"), kPerSecond, packets));
  const auto far =
      Need(Stream::Start(Between(*lab, "shop/web-1", "tools/client-2"), kPerSecond, packets));
  const auto between = std::chrono::milliseconds(packets * 1000 / kPerSecond) / (kills + 1);
  uint64_t operations = 0;
  for (int i = 0; i < kills; ++i) {
    std::this_thread::sleep_for(between);
    if (i > 0) operations += FlowOperations(node);  // of the agent that is about to die
    Need(node.Stop("k-vswitchd", SIGKILL));
    Need(node.StartAgent());
  }
  const auto here = near->Finish(), across = far->Finish();
  operations += FlowOperations(node);
  fmt::print(
      "agent killed {} times under {} packets/s of each stream, {} flow mods by the new ones\n",
      kills, kPerSecond, operations);
  Print("pod to pod, same node", here);
  Print("pod to pod, across nodes", across);
}

}  // namespace
}  // namespace kvs::lab

int main(int argc, char** argv) {
  const int kills = argc > 1 ? std::atoi(argv[1]) : 20;
  const int packets = argc > 2 ? std::atoi(argv[2]) : 100'000;
  if (kills <= 0 || packets < 1000) {
    fmt::print(stderr, "usage: {} [KILLS] [PACKETS]\n", argv[0]);
    return 2;
  }
  kvs::lab::Run(kills, static_cast<uint64_t>(packets));
}
