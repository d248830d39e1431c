#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <thread>

#include "lab/cluster/lab.h"
#include "ovsdb/dpctl.h"
#include "probe/probe.h"

// A node from which the agent is uninstalled is as it was before the agent came.
namespace kvs::lab {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::HasSubstr;
using testing::Not;

// What a file holds; of a program a hash, for a failed test prints it.
std::string Content(const fs::path& path) {
  std::ifstream in(path);
  const std::string all(std::istreambuf_iterator<char>(in), {});
  if (all.find('\0') == all.npos) return all;
  return fmt::format("{} bytes, {:x}", all.size(), std::hash<std::string>()(all));
}

class UninstallLiveTest : public testing::Test {
 protected:
  // A machine with other settings: a link that forwards, a plugin and a firewall of somebody
  // else.
  void SetUp() override {
    if (getuid() != 0) GTEST_SKIP() << "needs root";
    const std::string name = fmt::format("u{}", getpid());
    folder_ = "/run/kvs-lab/" + name;
    const std::string mine = fmt::format("{}/nodes/node1/", folder_);
    state_dir_ = mine + "state";
    auto lab = Lab::Up({.name = name,
                        .nodes = 1,
                        .agent_flags = {"--state-dir=" + state_dir_,
                                        "--cni-binary=" + mine + "loopback," + mine + "other"},
                        .agents = false});
    ASSERT_TRUE(lab) << lab.error().message;
    lab_ = std::move(*lab);
    for (const char* plugin : {"loopback", "other"}) std::ofstream(mine + plugin) << "a plugin\n";
    std::ofstream(node().cni_bin_dir() + "/other") << "another's\n";
    Do({"ip", "link", "add", "router0", "type", "veth", "peer", "name", "router1"});
    Do({"sysctl", "-qw", "net.ipv4.conf.router0.forwarding=1",
        "net.ipv6.conf.router0.accept_ra=0"});
    Do({"nft",
        "add table ip docker; add chain ip docker FORWARD { type filter hook forward "
        "priority 0; policy drop; }; add rule ip docker FORWARD iifname \"docker0\" accept"});
    before_ = Snapshot();
    ASSERT_TRUE(lab_->StartController());
  }
  void TearDown() override {
    if (HasFailure() && lab_) std::cerr << Content(node().Log("k-vswitchd"));
  }

  Node& node() { return lab_->node("node1"); }
  std::string mark() const { return folder_ + "/nodes/node1/agent/uninstalled"; }

  std::string Ask(std::vector<std::string> argv) {
    const auto said = exec::Check(node().Here(std::move(argv)));
    return said ? *said : "error: " + said.error().message;
  }
  void Do(std::vector<std::string> argv) {
    const auto done = exec::Check(node().Here(std::move(argv)));
    ASSERT_TRUE(done) << done.error().message;
  }
  // What the agent answers, and its HTTP status in a line after that.
  std::string Uninstall(const std::string& query = "") {
    return Ask({"curl", "-s", "-w", "%{http_code}", "-X", "POST", "--unix-socket",
                node().agent_socket(), "http://agent/v1/uninstall" + query});
  }
  std::string Readiness() {
    return Ask({"curl", "-s", "--unix-socket", node().agent_socket(), "http://agent/readyz"});
  }

  // All that an agent might change; without what changes by itself: counters, and the handles by
  // which nft numbers what comes.
  std::map<std::string, std::string> Snapshot() {
    std::map<std::string, std::string> all;
    for (const char* what : {"link", "addr"}) all[what] = Ask({"ip", what, "show"});
    all["neigh"] = Ask({"ip", "neigh", "show", "nud", "permanent"});
    all["rule"] = Ask({"ip", "rule"}) + Ask({"ip", "-6", "rule"});
    all["route"] = Ask({"ip", "route", "show", "table", "all"}) +
                   Ask({"ip", "-6", "route", "show", "table", "all"});
    all["nft"] = Ask({"nft", "-s", "list", "ruleset"});
    all["sysctl"] = Ask({"sysctl", "-a", "-r", "^net\\.ipv[46]\\.(conf|ip_forward)"});
    all["ovs"] = Ask({"ovs-vsctl", "show"}) + Ask({"ovs-vsctl", "list", "bridge", "port"});
    all["limits"] = Limits();
    for (const fs::path& folder :
         {fs::path(node().cni_conf_dir()), fs::path(node().cni_bin_dir()), fs::path(state_dir_)}) {
      std::error_code error;
      for (const auto& entry : fs::recursive_directory_iterator(folder, error))
        all["files"] += entry.path().string() + ": " + Content(entry.path()) + "\n";
    }
    return all;
  }
  // Of the datapath: connections by zone, and fragments.
  std::string Limits() {
    const std::string datapath = ovsdb::DatapathOf(KernelDatapath() ? "system" : "netdev");
    const auto zones = node().Appctl("dpctl/ct-get-limits", {datapath});
    const auto fragments = node().Appctl("dpctl/ipf-get-status", {datapath});
    std::string limits =
        fmt::format("fragments {}", fragments.and_then(ovsdb::ParseMaxFragments).value_or(0));
    for (const auto& zone :
         zones.and_then(ovsdb::ParseZoneLimits).value_or(std::vector<ovsdb::ZoneLimit>()))
      limits += fmt::format(", zone {} {}", zone.zone, zone.limit);
    return limits;
  }
  // When nothing changes any more: an agent that is ready may still have a rule under way.
  std::map<std::string, std::string> Settled() {
    auto before = Snapshot();
    for (int i = 0; i < 20; ++i) {
      std::this_thread::sleep_for(milliseconds(500));
      auto now = Snapshot();
      if (now == before) break;
      before = std::move(now);
    }
    return before;
  }
  void ExpectAsBefore() {
    for (const auto& [what, now] : Snapshot()) EXPECT_EQ(now, before_[what]) << what;
  }

  void StartAgent() {
    ASSERT_TRUE(node().StartAgent());
    const auto ready = node().AwaitReady(std::chrono::seconds(15));
    ASSERT_TRUE(ready) << ready.error().message;
  }
  bool AwaitReadiness(const std::string& text) {
    const auto end = steady_clock::now() + std::chrono::seconds(15);
    while (Readiness().find(text) == std::string::npos) {
      if (steady_clock::now() > end) return false;
      std::this_thread::sleep_for(milliseconds(20));
    }
    return true;
  }
  Pod Attach() {
    kube::Pod pod;
    pod.meta.ns = "shop";
    pod.meta.name = "web";
    pod.meta.uid = "u1";
    pod.node_name = "node1";
    auto attached = AttachPod(lab_->state(), node(), Programs::Find()->kvs, pod);
    if (!attached) ADD_FAILURE() << attached.error().message;
    return attached.value_or(Pod());
  }
  bool Reaches(const Pod& pod) {
    const auto outcome = probe::Probe(
        node().netns(), {{probe::Protocol::kTcp, pod.ips.front(), probe::kEchoPort, "shop/web"}},
        milliseconds(10000));
    return outcome && outcome->front().reached;
  }

  std::string folder_, state_dir_;
  std::unique_ptr<Lab> lab_;
  std::map<std::string, std::string> before_;
};

TEST_F(UninstallLiveTest, LeavesTheNodeAsItWas) {
  ASSERT_NO_FATAL_FAILURE(StartAgent());
  const Pod pod = Attach();
  EXPECT_TRUE(Reaches(pod));
  auto after = Settled();
  after.erase("rule");  // it makes none
  for (const auto& [what, text] : after)
    EXPECT_NE(text, before_[what]) << what << ": nothing to take away";
  after = Settled();

  const std::string refusal = Uninstall();
  EXPECT_THAT(refusal, HasSubstr("pod shop/web is attached by link " + pod.port));
  EXPECT_THAT(refusal, testing::EndsWith("409"));
  EXPECT_THAT(Uninstall("?dry-run=1"), HasSubstr("bridge k-vswitch0 with 2 ports"));
  EXPECT_TRUE(Reaches(pod));
  EXPECT_EQ(Snapshot(), after) << "it refused, and only looked";

  ASSERT_TRUE(DetachPod(lab_->state(), &node(), pod));
  const std::string report = Uninstall();
  EXPECT_THAT(report, HasSubstr(R"("problems":[])"));
  EXPECT_THAT(report, HasSubstr(node().cni_bin_dir() + "/other: k-vswitch did not install it"));
  EXPECT_THAT(report, testing::EndsWith("200"));
  ExpectAsBefore();
  EXPECT_THAT(Uninstall(), HasSubstr(R"("done":[])"));

  std::this_thread::sleep_for(std::chrono::seconds(3));  // a link of a pod, a chain: nobody mends
  ExpectAsBefore();
}

TEST_F(UninstallLiveTest, StaysAwayUntilItIsInstalledAgain) {
  ASSERT_NO_FATAL_FAILURE(StartAgent());
  EXPECT_THAT(Uninstall(), testing::EndsWith("200"));
  ASSERT_TRUE(node().Stop("k-vswitchd", SIGTERM));
  ASSERT_TRUE(node().StartAgent());
  EXPECT_TRUE(AwaitReadiness("uninstalled"));
  EXPECT_THAT(Ask({"curl", "-s", "--unix-socket", node().agent_socket(), "http://agent/healthz"}),
              HasSubstr("ok"));
  std::this_thread::sleep_for(std::chrono::seconds(2));
  ExpectAsBefore();

  ASSERT_TRUE(node().Stop("k-vswitchd", SIGKILL));
  std::ofstream(mark(), std::ios::trunc) << "uid of another install";
  ASSERT_NO_FATAL_FAILURE(StartAgent());
  EXPECT_FALSE(fs::exists(mark()));
  const Pod pod = Attach();
  EXPECT_TRUE(Reaches(pod));
}

TEST_F(UninstallLiveTest, ForceTakesPodsTheirNetworkAndNothingElse) {
  ASSERT_NO_FATAL_FAILURE(StartAgent());
  const Pod pod = Attach();
  EXPECT_THAT(Uninstall("?force=1"), HasSubstr("link " + pod.port + " of an attached pod"));
  ExpectAsBefore();
}

// Killed anywhere, started again and asked again: it ends with the node as it was.
TEST_F(UninstallLiveTest, FinishesWhatItsDeathInterrupted) {
  for (int round = 0; round < 12; ++round) {
    SCOPED_TRACE(round);
    fs::remove(mark());
    ASSERT_NO_FATAL_FAILURE(StartAgent());
    const auto asked =
        exec::Start(node().Here({"curl", "-s", "-X", "POST", "--unix-socket", node().agent_socket(),
                                 "http://agent/v1/uninstall"}),
                    lab_->state().Path("curl.log"));
    ASSERT_TRUE(asked);
    std::this_thread::sleep_for(milliseconds(10 + 20 * round));
    ASSERT_TRUE(node().Stop("k-vswitchd", SIGKILL));
    ASSERT_TRUE(exec::AwaitEnd(*asked, milliseconds(5000)));
    ASSERT_TRUE(node().StartAgent());
    ASSERT_TRUE(AwaitReadiness("\n"));
    std::string report = Uninstall();
    for (int i = 0; i < 600 && report.find(R"("problems":[])") == report.npos; ++i) {
      std::this_thread::sleep_for(milliseconds(50));  // it is at it already, or starting
      report = Uninstall();
    }
    EXPECT_THAT(report, Not(HasSubstr("error")));
    ExpectAsBefore();
    ASSERT_TRUE(node().Stop("k-vswitchd", SIGTERM));
  }
}

// What `kubectl delete` of the manifest leaves: no agent. The network stays, also for who installs
// again.
TEST_F(UninstallLiveTest, AnAgentThatIsOnlyDeletedLeavesTheNetwork) {
  ASSERT_NO_FATAL_FAILURE(StartAgent());
  const Pod pod = Attach();
  const auto running = Snapshot();
  ASSERT_TRUE(node().Stop("k-vswitchd", SIGTERM));
  EXPECT_TRUE(Reaches(pod));
  ASSERT_NO_FATAL_FAILURE(StartAgent());
  EXPECT_TRUE(AwaitReadiness("ok"));
  EXPECT_TRUE(Reaches(pod));
  EXPECT_EQ(Snapshot()["route"], running.at("route"));
  EXPECT_EQ(Snapshot()["sysctl"], running.at("sysctl"));
  ASSERT_TRUE(DetachPod(lab_->state(), &node(), pod));
  EXPECT_THAT(Uninstall(), testing::EndsWith("200"));
  ExpectAsBefore();
}

}  // namespace
}  // namespace kvs::lab
