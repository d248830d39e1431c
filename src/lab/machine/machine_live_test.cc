#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>

#include "exec/netns.h"
#include "exec/parallel.h"
#include "lab/machine/node.h"
#include "lab/machine/state.h"
#include "lab/machine/underlay.h"
#include "netlink/namespace.h"
#include "probe/echo.h"
#include "probe/probe.h"

// Machines without any of our programs: wires, Open vSwitch, probes, and what is left after.
namespace kvs::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Ip At(const char* text) { return Ip::Parse(text).value(); }

class MachineLiveTest : public testing::Test {
 protected:
  MachineLiveTest() : state_(State::Of("m" + std::to_string(getpid())).value()) {}
  void SetUp() override {
    if (getuid() != 0) GTEST_SKIP() << "needs root";
    ASSERT_TRUE(state_.Make());
  }
  void TearDown() override {
    if (getuid() == 0) {
      EXPECT_TRUE(state_.Clean());
    }
  }

  // An echo server in `netns`, as pods and hosts of a lab run it.
  void Serve(const std::string& netns, const std::string& identity) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto space = netlink::Namespace::Open(netlink::Namespace::Path(netns));
      if (space)
        static_cast<void>(space->Run([&] { return probe::ServeEcho(identity, probe::kEchoPort); }));
      _exit(1);
    }
    ASSERT_TRUE(state_.Note("echo/" + identity, *exec::Identify(child)));
  }

  State state_;
};

TEST_F(MachineLiveTest, MachinesReachEachOtherAndNothingIsLeft) {
  ASSERT_TRUE(MakeUnderlay(state_));
  const auto outside = MakeOutside(state_);
  ASSERT_TRUE(outside) << outside.error().message;
  Node one(state_, {.name = "node1", .addresses = {At("10.200.0.1"), At("fd00:200::1")}});
  Node two(state_, {.name = "node2", .addresses = {At("10.200.0.2"), At("fd00:200::2")}});
  std::vector<Node*> nodes{&one, &two};
  const auto up = exec::ForEachAtOnce(nodes, [](Node* node) { return node->BringUp(); });
  ASSERT_TRUE(up) << up.error().message;
  Serve(two.netns(), "node2");
  Serve(state_.Netns("outside"), "outside");

  std::vector<probe::Cell> cells;
  for (auto protocol : {probe::Protocol::kTcp, probe::Protocol::kUdp, probe::Protocol::kIcmp}) {
    for (const Ip& ip : two.addresses()) cells.push_back({protocol, ip, probe::kEchoPort, "node2"});
    for (const Ip& ip : Underlay::World())
      cells.push_back({protocol, ip, probe::kEchoPort, "outside"});
  }
  cells.push_back({.address = At("10.200.0.2"), .seen_as = At("10.200.0.1")});
  cells.push_back({.address = At("10.200.0.2"), .greets = false});
  cells.push_back({.protocol = probe::Protocol::kDns, .identity = "localhost"});
  const auto outcomes = probe::Probe(one.netns(), cells, seconds(10));
  ASSERT_TRUE(outcomes) << outcomes.error().message;
  for (size_t i = 0; i < cells.size(); ++i) {
    EXPECT_TRUE((*outcomes)[i].reached)
        << cells[i].address.ToString() << " " << static_cast<int>(cells[i].protocol) << ": "
        << (*outcomes)[i].reason;
  }
  const auto wrong =
      probe::Probe(one.netns(),
                   {{probe::Protocol::kTcp, At("10.200.0.2"), probe::kEchoPort, "node3"},
                    {probe::Protocol::kTcp, At("10.200.0.2"), 9, ""},
                    {probe::Protocol::kIcmp, At("10.200.0.77"), 0, ""},
                    {.address = At("10.200.0.2"), .seen_as = At("10.200.0.3")},
                    {.protocol = probe::Protocol::kDns, .identity = "no..name"},
                    {.protocol = probe::Protocol::kUdp, .address = At("10.200.0.2"), .full = true}},
                   milliseconds(3000));
  ASSERT_TRUE(wrong);
  for (const auto& outcome : *wrong) EXPECT_FALSE(outcome.reached);
  EXPECT_EQ((*wrong)[0].reason, "answered by node2 instead of node3");
  EXPECT_EQ((*wrong)[1].reason, "Connection refused");
  EXPECT_EQ((*wrong)[3].reason, "seen as 10.200.0.1 instead of 10.200.0.3");
  EXPECT_EQ((*wrong)[4].reason, "Name or service not known");
  EXPECT_EQ((*wrong)[5].reason, "MTU of eth0: No such device");

  const auto restarted = one.RestartOvs();
  ASSERT_TRUE(restarted) << restarted.error().message;
  EXPECT_TRUE(probe::Probe(one.netns(), {cells[0]}, seconds(10))->front().reached);
  const auto bridges = one.Appctl("dpif/show", {});
  ASSERT_TRUE(bridges) << bridges.error().message;
  EXPECT_THAT(*bridges, testing::HasSubstr("br-phy"));

  ASSERT_TRUE(state_.Clean());
  EXPECT_FALSE(state_.Exists());
  EXPECT_THAT(exec::NetnsWithPrefix(state_.Netns("")), testing::IsEmpty());
}

TEST_F(MachineLiveTest, CleanFindsWhatWasNeverNoted) {
  ASSERT_TRUE(exec::MakeNetns(state_.Netns("node1")));
  const auto stray = exec::Start({.argv = {"sleep", "1000"}, .netns = state_.Netns("node1")},
                                 state_.Path("stray.log"));
  ASSERT_TRUE(stray) << stray.error().message;
  std::filesystem::remove_all(state_.folder());
  ASSERT_TRUE(state_.Clean());
  EXPECT_FALSE(exec::IsAlive(*stray));
  EXPECT_FALSE(state_.Exists());
}

TEST_F(MachineLiveTest, OneLockPerLab) {
  auto mine = Lock::Take(state_);
  ASSERT_TRUE(mine);
  EXPECT_THAT(Lock::Take(state_).error().message, testing::HasSubstr("is in use"));
}

}  // namespace
}  // namespace kvs::lab
