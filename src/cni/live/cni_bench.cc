// ADD and DEL of k-vswitch-cni against Debian's bridge + host-local, in one run on one node: the
// median of single calls, and the rate of many at once. ADD of ours ends when a stand-in of
// k-vswitchd confirms; it does so at once, or when the switch has numbered the port. DEL leaves the
// link to it. Figures are of the programs, from their start to their end.
//
//   cni_bench [PODS]        default 60
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <numeric>

#include "base/benchmark.h"
#include "cni/live/test_node.h"

namespace kvs::cni {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kAtOnce = 10;

struct Subject {
  const char* name;
  std::string program, conf;
};

struct Figures {
  double add = 0, del = 0;                    // ms, median
  double adds_at_once = 0, dels_at_once = 0;  // per second
};

class Bench {
 public:
  Bench(TestNode& node, int pods) : node_(node) {
    for (int i = 0; i < pods; ++i) node_.MakePod(Pod(i));
    pods_ = pods;
  }

  Figures Measure(const Subject& subject) {
    Figures figures;
    figures.add = Median([&](int pod) { Call(subject, "ADD", pod); });
    figures.del = Median([&](int pod) { Call(subject, "DEL", pod); });
    node_.Reap();
    figures.adds_at_once = Rate([&](int pod) { Call(subject, "ADD", pod); });
    figures.dels_at_once = Rate([&](int pod) { Call(subject, "DEL", pod); });
    node_.Reap();
    return figures;
  }

 private:
  static std::string Pod(int index) { return "bench" + std::to_string(index); }

  static void Call(const Subject& subject, const std::string& command, int pod) {
    const Ended ended = RunProgram({subject.program},
                                   {{"CNI_COMMAND", command},
                                    {"CNI_CONTAINERID", Pod(pod)},
                                    {"CNI_NETNS", netlink::Namespace::Path(Pod(pod))},
                                    {"CNI_IFNAME", "eth0"},
                                    {"CNI_PATH", "/usr/lib/cni"}},
                                   subject.conf);
    if (ended.status == 0) return;
    fmt::print(stderr, "{} {}: {}\n", subject.name, command, ended.output);
    std::exit(1);
  }

  double Median(const std::function<void(int)>& call) const {
    std::vector<double> times;
    for (int pod = 0; pod < pods_; ++pod) {
      times.push_back(bench::Milliseconds([&] { call(pod); }));
    }
    return bench::Median(std::move(times));
  }

  double Rate(const std::function<void(int)>& call) const {
    const auto start = Clock::now();
    std::atomic<int> next = 0;
    std::vector<std::thread> workers;
    for (int i = 0; i < kAtOnce; ++i)
      workers.emplace_back([&] {
        for (int pod; (pod = next++) < pods_;) call(pod);
      });
    for (std::thread& worker : workers) worker.join();
    return pods_ / std::chrono::duration<double>(Clock::now() - start).count();
  }

  TestNode& node_;
  int pods_ = 0;
};

void Print(const char* what, const char* unit, double ours, double theirs) {
  const double ratio = ours / theirs;
  fmt::print("{:<40}{:>10.2f}{:>14.2f} {:<3}{:>9.3f}\n", what, ours, theirs, unit, ratio);
  bench::Record({what, unit, ours, "bridge", theirs, ratio});
}

void Run(int pods) {
  TestNode node("10.1.0.0/16,fd00:10:1:1::/64");
  Bench bench(node, pods);
  const Subject ours{"k-vswitch-cni", K_VSWITCH_CNI,
                     fmt::format(R"({{"cniVersion":"1.0.0","name":"ours","type":"k-vswitch-cni",)"
                                 R"("ovsdb":"{}"}})",
                                 node.socket())};
  const Subject theirs{
      "bridge", "/usr/lib/cni/bridge",
      fmt::format(
          R"({{"cniVersion":"1.0.0","name":"theirs","type":"bridge","bridge":"cni0","isGateway":true,)"
          R"("ipam":{{"type":"host-local","dataDir":"{}","subnet":"10.9.0.0/16",)"
          R"("routes":[{{"dst":"0.0.0.0/0"}}]}}}})",
          node.path("leases"))};
  node.StartAgent("", true);
  const Figures numbered = bench.Measure(ours);
  node.StartAgent("", false);
  const Figures mine = bench.Measure(ours), other = bench.Measure(theirs);
  struct stat binary {};
  stat(K_VSWITCH_CNI, &binary);
  fmt::print("{} pods; k-vswitch-cni has {} bytes\n", pods, binary.st_size);
  fmt::print("{:<40}{:>10}{:>14} {:<3}{:>9}\n", "", "k-vswitch", "bridge", "", "ratio");
  Print("ADD", "ms", mine.add, other.add);
  Print("ADD with the port numbered", "ms", numbered.add, other.add);
  Print("DEL", "ms", mine.del, other.del);
  Print("ADD, 10 at a time", "/s", mine.adds_at_once, other.adds_at_once);
  Print("ADD with the port numbered, 10 at a time", "/s", numbered.adds_at_once,
        other.adds_at_once);
  Print("DEL, 10 at a time", "/s", mine.dels_at_once, other.dels_at_once);
}

}  // namespace
}  // namespace kvs::cni

int main(int argc, char** argv) {
  const int pods = argc > 1 ? std::atoi(argv[1]) : 60;
  if (pods <= 0) {
    fmt::print(stderr, "usage: {} [PODS]\n", argv[0]);
    return 2;
  }
  kvs::cni::EnterNode();
  kvs::cni::Run(pods);
}
