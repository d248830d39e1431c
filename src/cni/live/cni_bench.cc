// ADD and DEL of k-vswitch-cni against Debian's bridge + host-local, and against ovs-cni +
// host-local if it is built (test/cluster/README.md), in one run on one node: the median of single
// calls, and the rate of many at once. ADD of ours ends when a stand-in of k-vswitchd confirms; it
// does so at once, or when the switch has numbered the port. DEL leaves the link to it. Figures are
// of the programs, from their start to their end; each begins when the switch has done what came
// before, and what DEL leaves it to do is told by itself.
//
//   cni_bench [PODS]        default 60
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>

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
  double removal = 0;                         // ms of the switch for a port, after DEL
  double reconfigurations = 0;                // of the switch, for a pod of ADDs at once
};

class Bench {
 public:
  Bench(TestNode& node, int pods) : node_(node) {
    for (int i = 0; i < pods; ++i) node_.MakePod(Pod(i));
    pods_ = pods;
  }

  Figures Measure(const Subject& subject) {
    Figures figures;
    node_.Settle();
    figures.add = Median([&](int pod) { Call(subject, "ADD", pod); });
    node_.Settle();
    figures.removal = bench::Milliseconds([&] {
                        figures.del = Median([&](int pod) { Call(subject, "DEL", pod); });
                        node_.Reap();
                        node_.Settle();
                      }) /
                      pods_;
    const int before = node_.Reconfigurations();
    figures.adds_at_once = Rate([&](int pod) { Call(subject, "ADD", pod); });
    node_.Settle();
    figures.reconfigurations = static_cast<double>(node_.Reconfigurations() - before - 1) / pods_;
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
    fmt::print("{} {}: {}\n", subject.name, command, ended.output);
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

void Print(const char* what, const char* unit, double ours, const char* peer, double theirs) {
  const double ratio = ours / theirs;
  fmt::print("{:<42}{:>10.2f}  {:<8}{:>10.2f} {:<3}{:>9.3f}\n", what, ours, peer, theirs, unit,
             ratio);
  bench::Record({what, unit, ours, peer, theirs, ratio});
}

void Print(const char* what, const char* unit, double ours) {
  fmt::print("{:<42}{:>10.2f}{:>20} {}\n", what, ours, "", unit);
  bench::Record({what, unit, ours});
}

constexpr char kHostLocal[] =
    R"("ipam":{{"type":"host-local","dataDir":"{}","subnet":"10.9.0.0/16",)"
    R"("routes":[{{"dst":"0.0.0.0/0"}}]}})";

// Debian's.
Subject BridgePlugin(const TestNode& node) {
  return {"bridge", "/usr/lib/cni/bridge",
          R"({"cniVersion":"1.0.0","name":"theirs","type":"bridge","bridge":"cni0",)"
          R"("isGateway":true,)" +
              fmt::format(kHostLocal, node.path("leases")) + "}"};
}

// ovs-cni, where test/cluster/harness/build-programs puts it; nullopt if it is not there. It has a
// bridge of its own in the same switch, and asks every 5 ms whether the port is up, not every 600.
std::optional<Subject> OvsPlugin(const TestNode& node) {
  const char* cache = std::getenv("KVS_CLUSTER_CACHE");
  const std::string home = std::getenv("HOME") == nullptr ? "/root" : std::getenv("HOME");
  const std::string program =
      (cache == nullptr ? home + "/.cache/k-vswitch-cluster" : std::string(cache)) + "/bin/ovs-cni";
  if (access(program.c_str(), X_OK) != 0) {
    fmt::print("no figures of ovs-cni: {} is not built (test/cluster/README.md)\n", program);
    return std::nullopt;
  }
  const Ended made =
      RunProgram({"ovs-vsctl", "--db=unix:" + node.socket(), "--timeout=60", "add-br", "ovs-cni0",
                  "--", "set", "Bridge", "ovs-cni0", "datapath_type=" + DatapathType()});
  if (made.status != 0) bench::Die("make bridge ovs-cni0: " + made.output);
  return Subject{"ovs-cni", program,
                 fmt::format(R"({{"cniVersion":"1.0.0","name":"ovs","type":"ovs",)"
                             R"("bridge":"ovs-cni0","socket_file":"unix:{}",)"
                             R"("link_state_check_interval":5,"link_state_check_retries":1000,)"
                             R"("interface_type":"system",)",
                             node.socket()) +
                     fmt::format(kHostLocal, node.path("ovs-leases")) + "}"};
}

void Run(int pods) {
  TestNode node("10.1.0.0/16,fd00:10:1:1::/64");
  Bench bench(node, pods);
  const Subject ours{"k-vswitch-cni", K_VSWITCH_CNI,
                     fmt::format(R"({{"cniVersion":"1.0.0","name":"ours","type":"k-vswitch-cni",)"
                                 R"("ovsdb":"{}"}})",
                                 node.socket())};
  node.StartAgent("", true);
  const Figures numbered = bench.Measure(ours);
  node.StartAgent("", false);
  const Figures mine = bench.Measure(ours), other = bench.Measure(BridgePlugin(node));
  struct stat binary {};
  stat(K_VSWITCH_CNI, &binary);
  fmt::print("{} pods, datapath {}; k-vswitch-cni has {} bytes\n", pods, DatapathType(),
             binary.st_size);
  fmt::print("{:<42}{:>10}  {:<8}{:>14}{:>9}\n", "", "k-vswitch", "peer", "", "ratio");
  const auto print = [&](const char* name, const Figures& peer) {
    Print("ADD", "ms", mine.add, name, peer.add);
    Print("ADD with the port numbered", "ms", numbered.add, name, peer.add);
    Print("DEL", "ms", mine.del, name, peer.del);
    Print("ADD, 10 at a time", "/s", mine.adds_at_once, name, peer.adds_at_once);
    Print("ADD with the port numbered, 10 at a time", "/s", numbered.adds_at_once, name,
          peer.adds_at_once);
    Print("DEL, 10 at a time", "/s", mine.dels_at_once, name, peer.dels_at_once);
  };
  print("bridge", other);
  if (const auto plugin = OvsPlugin(node)) {
    // It tells of every step there.
    dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
    const Figures peer = bench.Measure(*plugin);
    print("ovs-cni", peer);
    Print("a DEL's port removed by the switch", "ms", numbered.removal, "ovs-cni", peer.removal);
    Print("reconfigurations a pod, 10 at a time", "", numbered.reconfigurations, "ovs-cni",
          peer.reconfigurations);
    return;
  }
  Print("a DEL's port removed by the switch", "ms", numbered.removal);
  Print("reconfigurations a pod, 10 at a time", "", numbered.reconfigurations);
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
