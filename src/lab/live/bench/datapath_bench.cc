#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <thread>

#include "base/benchmark.h"
#include "exec/netns.h"
#include "lab/cluster/lab.h"
#include "lab/live/bench/load.h"
#include "netlink/address.h"
#include "netlink/interface.h"
#include "netlink/link.h"
#include "netlink/namespace.h"
#include "netlink/socket.h"
#include "netlink/veth.h"

// What the pipeline costs pods that talk to other pods of their node, on the datapath that the
// kernel offers: a real node with its real agent, beside it, in the same namespace and with the
// same kind of ports, a bridge of Open vSwitch that has one NORMAL flow, and a Linux bridge.
//
// Four pods each: in userspace it matters a lot where in its loop ovs-vswitchd comes to a port, and
// each pair is lucky or not. A lap takes every ordered pair in a short slice, in turns with the
// peers; the ratio is the median of the laps' ratios, so that what else the machine does falls on
// all alike.
//
//   datapath_bench [LAPS]        default 12
namespace kvs::lab {
namespace {

using bench::Die;
using bench::Median;
using bench::Need;
using std::chrono_literals::operator""ms;

constexpr int kPods = 4;
// Of one slice. The 64,000 ports of a client are enough for every connection of all laps: none
// waits for the TIME-WAIT of another.
constexpr int kTransactions = 300, kConnections = 100, kMostLaps = 100;
constexpr auto kStream = 50ms;
// Connections whose misses are counted, after others that warm the datapath's caches.
constexpr int kCounted = 10000, kWarm = 1000;

netlink::Namespace Open(const std::string& netns) {
  return Need(netlink::Namespace::Open(netlink::Namespace::Path(netns)));
}

// Pods of one of the switches.
struct Subject {
  std::string name;
  std::vector<Path> paths;  // of every ordered pair
  std::vector<std::unique_ptr<Responder>> responders;
};

struct End {
  std::string netns;
  Ip address;
};

// What a peer's ports are made like.
struct PodLink {
  uint32_t mtu = 0;        // bytes
  bool tx_offload = true;  // see netlink::SetTxChecksumOffload
};

class Bench {
 public:
  // The peer's ports come between our pods' ports, so that neither has the better places.
  explicit Bench(Lab& lab) : lab_(lab), node_(lab.node("node1")) {
    pod_link_ = LinkOf(Pods().front());
    const auto normal = MakeNormal();
    for (size_t i = lab.pods().size(); i < kPods; ++i)
      Need(lab.AddPod(fmt::format("shop/more-{}", i), "node1"));
    Add("k-vswitch", Pods());
    Add("one NORMAL flow", normal);
    Add("Linux bridge", MakeLinuxBridge());
  }

  void Run(int laps) {
    fmt::print("{:<36}{:>12}", "", subjects_[0].name);
    for (size_t i = 1; i < subjects_.size(); ++i)
      fmt::print("{:>20}{:>8}", subjects_[i].name, "ratio");
    fmt::print("\n");
    Compare("request-response", "/s", laps,
            [](const Path& path) { return RequestResponse(path, kTransactions); });
    Compare("connect-request-response", "/s", laps,
            [](const Path& path) { return ConnectRequestResponse(path, kConnections); });
    Compare("one TCP stream", "Gbit/s", laps,
            [](const Path& path) { return Throughput(path, kStream); });
    PrintCounts();
  }

  std::string Datapath() const {
    std::string type = Need(exec::Check(
        node_.Here({"ovs-vsctl", "--timeout=5", "get", "bridge", "k-vswitch0", "datapath_type"})));
    std::erase_if(type, [](char c) { return c == '"' || c == '\n'; });
    return type;
  }

 private:
  std::vector<End> Pods() const {
    std::vector<End> pods;
    for (const auto& [name, pod] : lab_.pods())
      pods.push_back({pod.netns(lab_.state()), pod.ips.front()});
    return pods;
  }

  static PodLink LinkOf(const End& pod) {
    const auto space = Open(pod.netns);
    const auto socket = Need(netlink::Socket::OpenIn(space));
    return {Need(netlink::FindLink(*socket, "eth0")).mtu,
            Need(space.Run([] { return netlink::TxChecksumOffload("eth0"); }))};
  }

  void Add(std::string name, const std::vector<End>& ends) {
    Subject subject{.name = std::move(name)};
    for (const End& end : ends) {
      Need(Open(end.netns).Run([]() -> Result<> {
        // Router solicitations (RFC 4861) would be misses that nobody asked for.
        auto quiet = netlink::WriteSysctl("net/ipv6/conf/all/disable_ipv6", "1");
        return quiet ? netlink::WriteSysctl("net/ipv4/ip_local_port_range", "1025 65535") : quiet;
      }));
      subject.responders.push_back(Need(Responder::Open(end.netns)));
      for (const End& other : ends)
        if (other.netns != end.netns)
          subject.paths.push_back({end.netns, other.netns, other.address});
    }
    subjects_.push_back(std::move(subject));
  }

  // Namespaces on cables that end in the node: `cable`0, `cable`1, ...
  std::vector<End> MakeEnds(const std::string& cable, uint8_t net, bool tx_offload) const {
    std::vector<End> ends;
    const auto host = Need(netlink::Socket::OpenIn(Open(node_.netns())));
    for (int i = 0; i < kPods; ++i) {
      const std::string name = fmt::format("{}{}", cable, i);
      ends.push_back({lab_.state().Netns(name), Ip4{{10, 99, net, static_cast<uint8_t>(i + 1)}}});
      Need(exec::MakeNetns(ends.back().netns));
      const auto space = Open(ends.back().netns);
      Need(netlink::CreateVeth(*host, {.name = name, .mtu = pod_link_.mtu, .peer_name = "eth0"},
                               space));
      const auto inside = Need(netlink::Socket::OpenIn(space));
      Need(space.Run([&] { return netlink::SetTxChecksumOffload("eth0", tx_offload); }));
      const int link = Need(netlink::FindLink(*inside, "eth0")).index;
      Need(inside->Do(std::vector{
          netlink::SetLink("eth0", {.up = true}),
          netlink::AddAddress(
              {.link = link, .ip = ends.back().address, .length = 24, .no_dad = true})}));
    }
    return ends;
  }

  std::vector<End> MakeNormal() const {
    auto ends = MakeEnds("normal", 1, pod_link_.tx_offload);
    std::vector<std::string> command{
        "ovs-vsctl", "--timeout=10", "--",     "add-br",    "br-normal",
        "--",        "set",          "bridge", "br-normal", "datapath_type=" + Datapath()};
    for (int i = 0; i < kPods; ++i)
      command.insert(command.end(), {"--", "add-port", "br-normal", fmt::format("normal{}", i)});
    Need(exec::Check(node_.Here(command)));
    return ends;
  }

  // Its pods' checksums may be left to devices, whatever Open vSwitch can do.
  std::vector<End> MakeLinuxBridge() const {
    auto ends = MakeEnds("linux", 2, true);
    const auto host = Need(netlink::Socket::OpenIn(Open(node_.netns())));
    Need(host->Do(std::vector{netlink::CreateLink("br-linux", "bridge"),
                              netlink::SetLink("br-linux", {.up = true})}));
    const int bridge = Need(netlink::FindLink(*host, "br-linux")).index;
    for (int i = 0; i < kPods; ++i)
      Need(host->Do(netlink::SetLink(fmt::format("linux{}", i), {.master = bridge})));
    return ends;
  }

  using Measure = std::function<Result<double>(const Path&)>;

  // Of each subject, its rate over all pairs: as many units of work for each.
  std::vector<double> Lap(size_t lap, const Measure& measure) const {
    std::vector<double> time(subjects_.size());
    const size_t pairs = subjects_.front().paths.size();
    for (size_t pair = 0; pair < pairs; ++pair)
      for (size_t i = 0; i < subjects_.size(); ++i) {
        const size_t turn = (i + pair + lap) % subjects_.size();
        time[turn] += 1 / Need(measure(subjects_[turn].paths[pair]));
      }
    for (double& one : time) one = static_cast<double>(pairs) / one;
    return time;
  }

  void Compare(const std::string& what, const std::string& unit, int laps,
               const Measure& measure) const {
    std::vector<std::vector<double>> rates(subjects_.size()), ratios(subjects_.size());
    for (int lap = 0; lap < laps; ++lap) {
      const auto now = Lap(static_cast<size_t>(lap), measure);
      for (size_t i = 0; i < now.size(); ++i) {
        rates[i].push_back(now[i]);
        ratios[i].push_back(now[0] / now[i]);
      }
    }
    const double ours = Median(rates[0]);
    fmt::print("{:<36}{:>12.5g}", what + ", " + unit, ours);
    for (size_t i = 1; i < subjects_.size(); ++i) {
      const double theirs = Median(rates[i]), ratio = Median(ratios[i]);
      fmt::print("{:>20.5g}{:>8.3f}", theirs, ratio);
      bench::Record({what, unit, ours, subjects_[i].name, theirs, ratio});
    }
    fmt::print("\n");
    std::fflush(stdout);
  }

  // Packets that no megaflow wanted, of the whole datapath.
  uint64_t Misses() const {
    const std::string text = Need(node_.Appctl("dpif/show", {}));  // "...: hit:12 missed:3\n..."
    const size_t at = text.find("missed:");
    if (at == text.npos) Die("dpif/show says no misses: " + text);
    return std::strtoull(text.c_str() + at + 7, nullptr, 10);
  }

  // Packets of each megaflow of our bridge, by its match.
  std::map<std::string, uint64_t> Megaflows() const {
    std::istringstream lines(Need(node_.Appctl("dpif/dump-flows", {"k-vswitch0"})));
    std::map<std::string, uint64_t> packets;
    for (std::string line; std::getline(lines, line);)
      if (const size_t at = line.find(", packets:"); at != line.npos)
        packets[line.substr(0, at)] = std::strtoull(line.c_str() + at + 10, nullptr, 10);
    return packets;
  }

  // Last, when the network is quiet: what new connections cost once the first ones have been seen.
  void PrintCounts() const {
    const Path& path = subjects_[0].paths[0];
    Need(ConnectRequestResponse(path, kWarm));
    std::this_thread::sleep_for(1500ms);  // the datapath's counters are read twice a second
    const uint64_t misses = Misses();
    const auto before = Megaflows();
    Need(ConnectRequestResponse(path, kCounted));
    std::this_thread::sleep_for(1500ms);
    uint64_t used = 0, fresh = 0, first = 0, again = 0;
    for (const auto& [match, packets] : Megaflows()) {
      const auto had = before.find(match);
      const bool goes_on = had != before.end() && had->second <= packets;
      const uint64_t more = packets - (goes_on ? had->second : 0);
      if (more == 0) continue;
      ++used;
      fresh += had == before.end() ? 1 : 0;
      (match.find("recirc_id(0)") == match.npos ? again : first) += more;
    }
    fmt::print(
        "{} connections after {}: {} megaflows used, {} of them new; {} datapath misses in all; "
        "{:.2f} recirculations per packet\n",
        kCounted, kWarm, used, fresh, Misses() - misses,
        static_cast<double>(again) / static_cast<double>(std::max<uint64_t>(first, 1)));
  }

  Lab& lab_;
  Node& node_;
  PodLink pod_link_;
  std::vector<Subject> subjects_;
};

std::string Load() {
  std::ifstream file("/proc/loadavg");
  std::string load;
  file >> load;
  return load;
}

}  // namespace
}  // namespace kvs::lab

int main(int argc, char** argv) {
  using namespace kvs::lab;
  const int laps = argc > 1 ? std::atoi(argv[1]) : 12;
  if (laps <= 0 || laps > kMostLaps) {
    fmt::print(stderr, "usage: {} [LAPS]   (at most {})\n", argv[0], kMostLaps);
    return 2;
  }
  const auto lab = Need(Lab::Up({.name = fmt::format("bench{}", getpid()), .nodes = 1}));
  Bench bench(*lab);
  fmt::print("{} pods on one node, datapath {}, {} CPUs, load {}, {} laps of {} pairs\n", kPods,
             bench.Datapath(), std::thread::hardware_concurrency(), Load(), laps,
             kPods * (kPods - 1));
  bench.Run(laps);
}
