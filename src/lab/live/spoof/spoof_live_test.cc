#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "lab/cluster/lab.h"
#include "lab/live/spoof/spoof_rows.h"
#include "lab/live/tap.h"
#include "netlink/link.h"
#include "netlink/namespace.h"
#include "pipeline/items.h"
#include "pipeline/tables.h"

// Packets with false addresses get through 0 times. Every row of a table of frames is sent in a
// cluster of the real programs, and all its links are listened to; honest frames of the same make
// get to where they belong.
namespace kvs::lab {
namespace {

using std::chrono_literals::operator""ms;

constexpr auto kTimeout = std::chrono::seconds(60);  // the slowest machine is an emulated guest

Result<Mac> MacOf(const std::string& netns, const std::string& link) {
  auto space = netlink::Namespace::Open(netlink::Namespace::Path(netns));
  if (!space) return tl::unexpected<Error>(space.error());
  auto socket = netlink::Socket::OpenIn(*space);
  if (!socket) return tl::unexpected<Error>(socket.error());
  const auto found = netlink::FindLink(**socket, link);
  if (!found) return tl::unexpected<Error>(found.error());
  return found->mac;
}

class SpoofLiveTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (getuid() != 0) GTEST_SKIP() << "needs root";
    auto lab = Lab::Up({.name = fmt::format("s{}", getpid()), .nodes = 3, .overlay = GetParam()});
    ASSERT_TRUE(lab) << lab.error().message;
    lab_ = std::move(*lab);
    ASSERT_NO_FATAL_FAILURE(OpenTaps());
    ASSERT_NO_FATAL_FAILURE(Translate());
    for (auto* make : {PodRows, NeighbourRows}) {
      auto rows = make(hosts_);
      std::ranges::move(rows, std::back_inserter(rows_));
    }
    auto rows = UnderlayRows(hosts_, GetParam());
    std::ranges::move(rows, std::back_inserter(rows_));
  }

  void OpenTaps() {
    hosts_.a = Pod("shop/web-1");
    hosts_.b = Pod("tools/client-1");
    hosts_.c = Pod("shop/web-2");
    hosts_.d = Pod("shop/web-3");
    Pod("tools/client-2");
    Pod("tools/client-3");
    hosts_.node1 = Machine("node1");
    hosts_.node2 = Machine("node2");
    hosts_.node3 = Machine("node3");
    const std::string outside = lab_->state().Netns("outside");
    hosts_.outside = {
        "outside", Plug("outside", outside, "eth0"), {Underlay::World()[0], Underlay::World()[1]}};
  }
  // As kube-proxy does for Services that select pods of the host's network.
  void Translate() {
    const Ip &node2 = hosts_.node2.ip(Family::kIpv4), &node2_six = hosts_.node2.ip(Family::kIpv6);
    const std::string to_service = fmt::format(
        "table inet test {{ chain prerouting {{ type nat hook prerouting priority -100;\n"
        "ip daddr {} dnat ip to {}\nip6 daddr {} dnat ip6 to {}\n}}\n}}",
        kService4, node2, kService6, node2_six);
    const std::string node_port = fmt::format(
        "table inet test {{ chain prerouting {{ type nat hook prerouting priority -100;\n"
        "udp dport {0} dnat ip to {1}:{2}\n}}\n"
        "chain postrouting {{ type nat hook postrouting priority 100;\n"
        "ip daddr {1} udp dport {2} masquerade\n}}\n}}",
        kNodePort, node2, pipeline::kVxlanPort);
    for (const auto& [name, rules] : {std::pair("node1", to_service), {"node3", node_port}}) {
      const auto done = exec::Check(lab_->node(name).Here({"nft", rules}));
      ASSERT_TRUE(done) << done.error().message;
    }
  }
  Actor Pod(const std::string& name) {
    const auto endpoint = lab_->Find(name).value();
    return {name, Plug(name, endpoint.netns, "eth0"), {endpoint.ips.at(0), endpoint.ips.at(1)}};
  }
  Actor Machine(const std::string& name) {
    const Node& node = lab_->node(name);
    Plug(name, node.netns(), "k-vswitch0");
    Plug(name + "/u0", node.netns(), "u0", Tap::Sees::kAll);
    const auto bridge = MacOf(node.netns(), "br-phy");  // of the userspace datapath
    const auto nic = MacOf(node.netns(), "u0");
    return {name, bridge ? *bridge : *nic, {node.addresses().at(0), node.addresses().at(1)}};
  }
  // Taps a link. Gives its MAC.
  Mac Plug(const std::string& name, const std::string& netns, const std::string& link,
           Tap::Sees sees = Tap::Sees::kIncoming) {
    auto tap = Tap::Open(netns, link, sees);
    const auto mac = MacOf(netns, link);
    EXPECT_TRUE(tap) << tap.error().message;
    EXPECT_TRUE(mac) << mac.error().message;
    listening_.push_back(tap->get());
    taps_[name] = std::move(*tap);
    return *mac;
  }

  void Send(const Row& row, const Bytes& mark) {
    for (const Bytes& frame : row.frames(mark)) {
      const auto sent = taps_.at(row.from)->Send(frame);
      EXPECT_TRUE(sent) << row.name << ": " << sent.error().message;
    }
  }
  // Sends `rows` again and again until each mark has arrived at `to(row)`. What does not arrive is
  // a failure.
  template <class To>
  void Deliver(const std::vector<const Row*>& rows, To to) {
    const auto end = std::chrono::steady_clock::now() + kTimeout;
    std::map<const Row*, Bytes> waiting;
    for (const Row* row : rows) waiting[row] = NewMark(*row);
    while (!waiting.empty() && std::chrono::steady_clock::now() < end) {
      for (const auto& [row, mark] : waiting) Send(*row, mark);
      Listen(listening_, 200ms);
      std::erase_if(waiting, [&](const auto& entry) {
        return taps_.at(to(*entry.first))->Saw(entry.second);
      });
    }
    for (const auto& [row, mark] : waiting)
      ADD_FAILURE() << "did not arrive at " << to(*row) << ": " << row->name;
  }
  std::vector<const Row*> Rows(std::function<bool(const Row&)> which) const {
    std::vector<const Row*> rows;
    for (const Row& row : rows_)
      if (which(row)) rows.push_back(&row);
    return rows;
  }
  Bytes NewMark(const Row& row) {
    rows_by_mark_.emplace_back(&row, Mark(static_cast<uint32_t>(rows_by_mark_.size())));
    return rows_by_mark_.back().second;
  }

  // Every mark that was seen where it should not be.
  void ExpectNothingElsewhere() {
    for (const auto& [row, mark] : rows_by_mark_) {
      const bool of_underlay = row->from == "outside" || row->from.ends_with("/u0");
      for (const auto& [name, tap] : taps_) {
        const bool is_underlay = name == "outside" || name.ends_with("/u0");
        const bool answer = !row->to.empty() && name == row->from;  // the echo server's
        if (name == row->to || answer || row->passes.contains(name) || (of_underlay && is_underlay))
          continue;
        EXPECT_FALSE(tap->Saw(mark)) << "arrived at " << name << ": " << row->name;
      }
    }
  }

  std::unique_ptr<Lab> lab_;
  Hosts hosts_;
  std::map<std::string, std::unique_ptr<Tap>> taps_;
  std::vector<Tap*> listening_;
  std::vector<Row> rows_;
  std::vector<std::pair<const Row*, Bytes>> rows_by_mark_;  // of all that was sent
};

TEST_P(SpoofLiveTest, LiesGetNowhereAndTheTruthArrives) {
  const auto honest = Rows([](const Row& row) { return !row.to.empty(); });
  const auto lies = Rows([](const Row& row) { return row.to.empty(); });
  const auto home = [](const Row& row) { return row.to; };
  // First, so that neighbours are known and no lie is lost for want of one; and last, so that what
  // the lies became is there.
  Deliver(honest, home);
  for (int i = 0; i < 2; ++i) {
    for (const Row* row : lies) Send(*row, NewMark(*row));
    Deliver(honest, home);
  }
  ExpectNothingElsewhere();
  std::cout << lies.size() << " lies, " << honest.size() << " true\n";
}

INSTANTIATE_TEST_SUITE_P(Overlays, SpoofLiveTest, testing::Values("vxlan", "gre", "geneve", "none"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace kvs::lab
