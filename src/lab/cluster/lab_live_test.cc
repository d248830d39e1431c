#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "exec/netns.h"
#include "lab/cluster/lab.h"
#include "lab/machine/cni_runner.h"
#include "netlink/namespace.h"
#include "probe/matrix.h"

// Whole labs of the real programs.
namespace kvs::lab {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::string UniqueName() {
  static int count = 0;
  return fmt::format("t{}x{}", getpid(), count++);
}

void ExpectNothingLeft(const State& state) {
  EXPECT_FALSE(state.Exists());
  EXPECT_THAT(exec::NetnsWithPrefix(state.Netns("")), IsEmpty());
}

// In a while: an emulated guest doesn't answer hundreds of first packets in time.
void ExpectAllReached(const Lab& lab) {
  const auto endpoints = lab.Endpoints();
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  for (;;) {
    const auto matrix = probe::RunMatrix(endpoints, probe::PlanMatrix(endpoints));
    ASSERT_TRUE(matrix) << matrix.error().message;
    if (matrix->failed() == 0) return;
    ASSERT_LT(std::chrono::steady_clock::now(), end) << ToText(*matrix).string();
  }
}

class LabLiveTest : public testing::Test {
 protected:
  void SetUp() override {
    if (getuid() != 0) GTEST_SKIP() << "needs root";
  }
};

TEST_F(LabLiveTest, ComesUpFollowsTheFolderAndGoes) {
  auto lab = Lab::Up({.name = UniqueName(), .nodes = 2});
  ASSERT_TRUE(lab) << lab.error().message;
  const State state = (*lab)->state();
  EXPECT_EQ((*lab)->pods().size(), 4u);
  ExpectAllReached(**lab);
  for (const auto& [name, pod] : (*lab)->pods()) {
    const auto checked = CheckPod(state, (*lab)->node(pod.node), pod);
    EXPECT_TRUE(checked) << checked.error().message;
  }

  const auto added = (*lab)->AddPod("shop/extra", "node2");
  ASSERT_TRUE(added) << added.error().message;
  ExpectAllReached(**lab);
  const Ip extra = (*lab)->pods().at("shop/extra").ips[0];

  const auto removed = (*lab)->RemovePod("shop/extra");
  ASSERT_TRUE(removed) << removed.error().message;
  EXPECT_FALSE((*lab)
                   ->Connect("shop/web-1", extra, probe::kEchoPort, std::chrono::milliseconds(500))
                   ->reached);
  EXPECT_THAT(Lab::Up({.name = state.name()}).error().message, HasSubstr("is in use"));
  lab->reset();
  ExpectNothingLeft(state);
}

// As in a container, and as in a node's own namespaces.
TEST_F(LabLiveTest, CommandsSeeTheLinksAndTheSwitchOfWhereTheyRun) {
  auto lab = Lab::Up({.name = UniqueName(), .nodes = 2});
  ASSERT_TRUE(lab) << lab.error().message;
  for (const auto& [name, pod] : (*lab)->pods()) {
    const auto mac = exec::Check(
        {.argv = {"cat", "/sys/class/net/eth0/address"}, .netns = pod.netns((*lab)->state())});
    ASSERT_TRUE(mac) << mac.error().message;
    EXPECT_EQ(*mac, pod.mac + "\n");
    const auto end = exec::Check((*lab)->node(pod.node).Here({"ls", "/sys/class/net/" + pod.port}));
    EXPECT_TRUE(end) << end.error().message;
  }
  for (const auto& [name, node] : (*lab)->nodes())
    for (const std::string program : {"ovs-vswitchd", "ovsdb-server"}) {
      const auto said = exec::Check(node->Here({"ovs-appctl", "-t", program, "version"}));
      ASSERT_TRUE(said) << said.error().message;
      EXPECT_THAT(*said, HasSubstr(program));
    }
}

// In userspace Open vSwitch must know the next hop before a packet needs it: nodes find each other
// without any.
TEST_F(LabLiveTest, NotEvenTheFirstPacketBetweenTwoNodesIsLost) {
  auto lab = Lab::Up({.name = UniqueName(), .nodes = 2});
  ASSERT_TRUE(lab) << lab.error().message;
  const auto knows = [&](const std::string& name, const std::string& other) {
    const std::string ip = (*lab)->node(other).addresses().front().ToString();
    for (int tries = 0; tries < 50; ++tries) {
      const auto known = (*lab)->node(name).Appctl("tnl/neigh/show", {});
      if (known && known->find("\n" + ip + " ") != known->npos) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return false;
  };
  const auto both_know = [&] {
    return KernelDatapath() || (knows("node1", "node2") && knows("node2", "node1"));
  };
  EXPECT_TRUE(both_know());
  // As after 15 minutes, or a restart: while the datapath has flows for ARP, Open vSwitch learns
  // nothing from it.
  for (const char* name : {"node1", "node2"})
    EXPECT_TRUE(KernelDatapath() || (*lab)->node(name).Appctl("tnl/neigh/flush", {}));
  EXPECT_TRUE(both_know());
  for (const auto& [from, one] : (*lab)->pods())
    for (const auto& [to, other] : (*lab)->pods()) {
      if (one.node == other.node) continue;
      const auto said =
          exec::Check({.argv = {"ping", "-c", "1", "-W", "2", other.ips.front().ToString()},
                       .netns = one.netns((*lab)->state())});
      EXPECT_TRUE(said) << from << " to " << to << ": " << said.error().message;
    }
}

TEST_F(LabLiveTest, WhatAKilledLabLeftIsCleanedByTheNext) {
  const std::string name = UniqueName();
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto lab = Lab::Up({.name = name, .nodes = 1});
    raise(SIGKILL);
  }
  waitpid(child, nullptr, 0);
  const State state = State::Of(name).value();
  ASSERT_TRUE(state.Exists());
  std::vector<exec::Process> left;
  for (const auto& [what, process] : state.Processes()) {
    EXPECT_TRUE(exec::IsAlive(process)) << what;
    left.push_back(process);
  }
  EXPECT_GE(left.size(), 4u);
  auto next = Lab::Up({.name = name, .nodes = 1});
  ASSERT_TRUE(next) << next.error().message;
  for (const auto& process : left) EXPECT_FALSE(exec::IsAlive(process));
  next->reset();
  ExpectNothingLeft(state);
}

TEST_F(LabLiveTest, AFolderInPlaceIsLeftAsItWas) {
  const std::string folder = testing::TempDir() + "/" + UniqueName();
  ASSERT_TRUE(WriteManifests(folder, 1, false));
  {
    const auto lab = Lab::Up({.name = UniqueName(), .manifests = folder});
    ASSERT_TRUE(lab) << lab.error().message;
    EXPECT_TRUE(std::filesystem::exists(folder + "/.kvswitch"));
  }
  EXPECT_FALSE(std::filesystem::exists(folder + "/.kvswitch"));
  std::filesystem::remove_all(folder);
}

TEST_F(LabLiveTest, NodesComeAndGo) {
  const auto lab = Lab::Up({.name = UniqueName(), .nodes = 1});
  ASSERT_TRUE(lab) << lab.error().message;
  ASSERT_TRUE((*lab)->StopController(SIGKILL));
  ASSERT_TRUE((*lab)->StartController());
  ASSERT_TRUE(WriteManifests((*lab)->options().manifests, 3, false));
  const auto more = (*lab)->Sync();
  ASSERT_TRUE(more) << more.error().message;
  EXPECT_EQ((*lab)->nodes().size(), 3u);
  EXPECT_EQ((*lab)->pods().size(), 6u);
  ExpectAllReached(**lab);

  std::ofstream((*lab)->options().manifests + "/nodes.yaml") << "kind: [";
  ASSERT_TRUE((*lab)->Sync());
  EXPECT_THAT((*lab)->problems(), testing::Not(IsEmpty()));
  EXPECT_EQ((*lab)->nodes().size(), 3u) << "what is illegible is not gone";

  ASSERT_TRUE(WriteManifests((*lab)->options().manifests, 2, false));
  const auto fewer = (*lab)->Sync();
  ASSERT_TRUE(fewer) << fewer.error().message;
  EXPECT_EQ((*lab)->nodes().size(), 2u);
  EXPECT_EQ((*lab)->pods().size(), 4u);
  ExpectAllReached(**lab);
}

TEST_F(LabLiveTest, WhoGetsAnAddressNextInheritsNoConnections) {
  const auto lab = Lab::Up({.name = UniqueName(), .nodes = 1});
  ASSERT_TRUE(lab) << lab.error().message;
  Node& node = (*lab)->node("node1");
  const Pod pod = (*lab)->pods().at("shop/web-1");
  const Pod peer = (*lab)->pods().at("tools/client-1");
  for (const auto& [from, to] : {std::pair(&pod, &peer), std::pair(&peer, &pod)})
    for (const Ip& ip : to->ips) {
      ASSERT_TRUE((*lab)->Connect(from->name, ip)->reached);
      ASSERT_TRUE((*lab)->Ping(from->name, ip)->reached);
    }
  // Of each address: are there connections of TCP that it began, and that it answered?
  const auto tracked = [&] {
    const auto all = node.Appctl("dpctl/dump-conntrack", {"zone=2"});
    EXPECT_TRUE(all) << all.error().message;
    std::vector<bool> found(2 * pod.ips.size());
    std::istringstream lines(all.value_or(""));
    for (std::string line; std::getline(lines, line);)
      for (size_t i = 0; line.starts_with("tcp,") && i < found.size(); ++i)
        if (line.find(fmt::format("{}=(src={},", i % 2 == 0 ? "orig" : "reply", pod.ips[i / 2])) !=
            line.npos)
          found[i] = true;
    return found;
  };
  const std::vector<bool> both(4, true), none(4, false);
  EXPECT_EQ(tracked(), both);

  ASSERT_TRUE(node.Stop("k-vswitchd", SIGKILL));
  ASSERT_TRUE(node.StartAgent());
  for (int tries = 0; tries < 100 && node.Metric("kvswitch_ready") != "1"; ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  ASSERT_TRUE((*lab)->AddPod("shop/other", "node1"));
  EXPECT_EQ(tracked(), both) << "a pod that was attached before keeps its connections";

  const CniAttachment attachment{.container = pod.container,  // from which the address follows
                                 .netns = netlink::Namespace::Path(pod.netns((*lab)->state())),
                                 .ns = "shop",
                                 .pod = "web-1"};
  ASSERT_TRUE(CniDelete(node, attachment, pod.result));
  EXPECT_EQ(tracked(), both);
  const auto added = CniAdd(node, attachment);
  ASSERT_TRUE(added) << added.error().message;
  ASSERT_THAT(*added, HasSubstr(pod.ips[0].ToString()));
  EXPECT_EQ(tracked(), none);
}

class OverlayLiveTest : public LabLiveTest, public testing::WithParamInterface<std::string> {};

TEST_P(OverlayLiveTest, EverybodyReachesEverybody) {
  const auto lab = Lab::Up({.name = UniqueName(), .nodes = 2, .overlay = GetParam()});
  ASSERT_TRUE(lab) << lab.error().message;
  ExpectAllReached(**lab);
}

INSTANTIATE_TEST_SUITE_P(Types, OverlayLiveTest, testing::Values("gre", "geneve", "none"),
                         [](const auto& info) { return info.param; });

TEST_F(LabLiveTest, AutoIsVxlanAndSaysSo) {
  const auto lab = Lab::Up({.name = UniqueName(), .nodes = 2, .overlay = "auto"});
  ASSERT_TRUE(lab) << lab.error().message;
  ExpectAllReached(**lab);
  Node& node = (*lab)->node("node1");
  const auto tunnel =
      exec::Check(node.Here({"ovs-vsctl", "--timeout=5", "get", "interface", "overlay0", "type"}));
  EXPECT_THAT(tunnel.value_or(""), HasSubstr("vxlan"));
  const std::string status =
      (*lab)->options().manifests + "/.kvswitch/vswitchconfig.node1.agent.yaml";
  std::string text;
  for (int tries = 0; tries < 150 && text.find("DirectRouting") == std::string::npos; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    std::ifstream file(status);
    text.assign(std::istreambuf_iterator<char>(file), {});
  }
  EXPECT_THAT(text, HasSubstr("type: DirectRouting"));
}

TEST_F(LabLiveTest, AnUnderlayOfIPv6) {
  const auto lab = Lab::Up({.name = UniqueName(), .nodes = 2, .ipv6_underlay = true});
  ASSERT_TRUE(lab) << lab.error().message;
  ExpectAllReached(**lab);
}

}  // namespace
}  // namespace kvs::lab
