#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "base/benchmark.h"
#include "exec/netns.h"
#include "lab/cluster/manifests.h"
#include "lab/cluster/pod.h"
#include "lab/machine/node.h"
#include "lab/machine/programs.h"
#include "lab/machine/state.h"
#include "lab/machine/underlay.h"

// One real node, with its real agent, of a cluster of 200 nodes and 5,000 pods that is otherwise
// made of manifests only: how long the agent takes until it is ready, what memory is its own, and
// what work it does when one thing changes.
//
//   scale_bench
namespace kvs::lab {
namespace {

using Clock = std::chrono::steady_clock;
using bench::Die;
using bench::Need;
using std::chrono::seconds;

constexpr int kNodes = 200, kPodsPerNode = 25;
constexpr char kNode[] = "node1";

std::string PodName(int node, int index) { return fmt::format("scale/pod-{}-{}", node, index); }

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

class Bench {
 public:
  Bench() {
    Need(state_.Clean());
    Need(state_.Make());
    Need(MakeUnderlay(state_));
    Need(WriteManifests(manifests_, kNodes, false));  // with two pods for each
    for (int node = 1; node <= kNodes; ++node)
      for (int i = 2; i < kPodsPerNode; ++i)
        Need(WritePod(manifests_, PodName(node, i), fmt::format("node{}", node)));
  }
  ~Bench() { static_cast<void>(state_.Clean()); }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  void Run() {
    const auto controller = Need(exec::Start(
        {.argv = {programs_.controller, "--manifests=" + manifests_,
                  "--cluster-cidr=10.244.0.0/16,fd00:10:244::/56", "--service-cidr=10.96.0.0/16"},
         .netns = state_.Netns("underlay")},
        state_.Path("controller.log")));
    Need(node_.BringUp());
    const auto start = Clock::now();
    Need(node_.StartAgent());
    AwaitReady();
    fmt::print("{} nodes, {} pods; agent's first start to ready {:.2f} s", kNodes,
               kNodes * kPodsPerNode, SecondsSince(start));
    for (int i = 2; i < kPodsPerNode; ++i) Attach(i);
    PrintMemory("memory of the agent");
    const auto again = Clock::now();
    Need(node_.Stop("k-vswitchd", SIGKILL));
    Need(node_.StartAgent());
    AwaitReady();
    fmt::print("  started again with {} pods here: ready after {:.2f} s, {} flow mods",
               kPodsPerNode - 2, SecondsSince(again), Metric("kvswitch_flow_operations_total"));
    PrintMemory("memory of the agent, started again");
    PrintWork();
    exec::Signal(controller, SIGKILL);
  }

 private:
  void Attach(int index) {
    kube::Pod pod;
    pod.meta = {.name = fmt::format("pod-1-{}", index), .ns = "scale", .uid = "uid"};
    Need(AttachPod(state_, node_, programs_.kvs, pod));
  }

  uint64_t Metric(const std::string& name) const {
    return std::strtoull(node_.Metric(name).c_str(), nullptr, 10);
  }

  void AwaitReady(uint64_t nodes = kNodes) const {
    const auto end = Clock::now() + seconds(120);
    while (Metric("kvswitch_ready") != 1 || Metric("kvswitch_nodes") != nodes) {
      if (Clock::now() > end) Die("the agent does not become ready");
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  void PrintMemory(const char* what) const {
    const auto agent = Need(state_.Find("nodes/node1/k-vswitchd"));
    std::ifstream file(fmt::format("/proc/{}/smaps_rollup", agent.pid));
    uint64_t kib = 0;
    for (std::string word; file >> word;)
      if (word == "Private_Clean:" || word == "Private_Dirty:") {
        uint64_t more = 0;
        file >> more;
        kib += more;
      }
    const double mib = static_cast<double>(kib) / 1024;
    fmt::print("; private memory {:.1f} MiB\n", mib);
    bench::Record({what, "MiB", mib});
    std::fflush(stdout);
  }

  template <class Change>
  void CountWork(const char* what, Change change) {
    const uint64_t before = Metric("kvswitch_rule_runs_total");
    change();
    std::this_thread::sleep_for(seconds(2));
    const uint64_t run = Metric("kvswitch_rule_runs_total") - before;
    fmt::print("  {}: {} fragments run\n", what, run);
    bench::Record({what, "fragments", static_cast<double>(run)});
  }

  void PrintWork() {
    CountWork("a pod of another node comes",
              [&] { Need(WritePod(manifests_, PodName(77, kPodsPerNode), "node77")); });
    CountWork("a pod of this node comes", [&] { Attach(kPodsPerNode); });
    CountWork("a node comes", [&] {
      std::ofstream(manifests_ + "/late.yaml")
          << "apiVersion: v1\nkind: Node\nmetadata: {name: late}\n"
             "spec: {podCIDRs: [10.244.201.0/24, \"fd00:10:244:c9::/64\"]}\n"
             "status: {addresses: [{type: InternalIP, address: 10.200.0.201}]}\n";
      AwaitReady(kNodes + 1);
    });
  }

  State state_ = Need(State::Of(fmt::format("bench{}", getpid())));
  std::string manifests_ = state_.Path("manifests");
  Programs programs_ = Need(Programs::Find());
  Node node_{state_,
             {.name = kNode,
              .addresses = {Need(Ip::Parse("10.200.0.1")), Need(Ip::Parse("fd00:200::1"))},
              .manifests = manifests_,
              .agent_flags = {},
              .programs = programs_}};
};

}  // namespace
}  // namespace kvs::lab

int main() { kvs::lab::Bench().Run(); }
