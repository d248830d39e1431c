#include <signal.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "lab/live/live_lab.h"

// What an agent must survive and mend: each test breaks one thing on one node of a cluster of the
// real programs, and waits until everybody reaches everybody again. 15 s is the promise; no test
// asks for more speed than that.
namespace kvs::lab {
namespace {

using std::chrono_literals::operator""ms;
using testing::HasSubstr;

constexpr char kNode[] = "node1";

class FaultsLiveTest : public LiveLab {
 protected:
  void Nft(const std::string& ruleset) {
    exec::Command command = node().Here({"nft", "-f", "-"});
    command.input = ruleset;
    const auto done = exec::Check(command);
    ASSERT_TRUE(done) << done.error().message;
  }
  std::string Metric(const std::string& name) { return node().Metric(name); }
};

TEST_F(FaultsLiveTest, NoPacketIsLostWhenTheAgentIsKilledAgainAndAgain) {
  const Pod& from = PodOn(kNode);
  const Pod& to = PodOn("node2");
  Result<std::string> ping;
  std::thread traffic([&] {
    ping = exec::Check({.argv = {"ping", "-q", "-i", "0.01", "-c", "600", to.ips[0].ToString()},
                        .netns = from.netns(lab_->state())},
                       std::chrono::seconds(60));
  });
  for (int i = 0; i < 5; ++i) {
    std::this_thread::sleep_for(500ms);
    EXPECT_TRUE(node().Stop("k-vswitchd", SIGKILL));
    EXPECT_TRUE(node().StartAgent());
  }
  traffic.join();
  ASSERT_TRUE(ping) << ping.error().message;
  EXPECT_THAT(*ping, HasSubstr(" 0% packet loss"));
  EXPECT_TRUE(Eventually([this] { return Metric("kvswitch_ready") == "1"; }));
  EXPECT_EQ(Metric("kvswitch_flow_operations_total"), "0")
      << "a restart with nothing changed changes nothing";
}

// Another build was here, which kept a field more in the connections' marks: those that began under
// it go on, and are told from ours.
TEST_F(FaultsLiveTest, ConnectionsOfAnotherBuildGoOn) {
  const Pod& from = PodOn(kNode);
  const Pod& to = PodOn("node2");
  Result<std::string> ping;
  std::thread traffic([&] {
    ping = exec::Check({.argv = {"ping", "-q", "-i", "0.01", "-c", "300", to.ips[0].ToString()},
                        .netns = from.netns(lab_->state())},
                       std::chrono::seconds(60));
  });
  std::this_thread::sleep_for(500ms);
  EXPECT_TRUE(node().Stop("k-vswitchd", SIGKILL));
  Do({"ovs-vsctl", "--timeout=9", "set", "bridge", "k-vswitch0",
      "external_ids:kvs.mark-layouts=\"0:from-host=1,from-overlay=5,of-its-own=7\""});
  EXPECT_TRUE(node().StartAgent());
  EXPECT_TRUE(Eventually([this] { return Metric("kvswitch_ready") == "1"; }));
  traffic.join();
  ASSERT_TRUE(ping) << ping.error().message;
  EXPECT_THAT(*ping, HasSubstr(" 0% packet loss"));
  EXPECT_TRUE(AllReached()) << last_;
  EXPECT_THAT(
      Ask({"ovs-vsctl", "--timeout=5", "br-get-external-id", "k-vswitch0", "kvs.mark-layouts"}),
      HasSubstr("of-its-own=7;1:from-host=1,"));
  EXPECT_THAT(node().Appctl("dpctl/dump-conntrack", {}).value_or(""),
              HasSubstr(fmt::format("mark={}", 1 << 28 | 1 << 27 | 1 << 1)))
      << "from the host, remembered, of generation 1";
}

TEST_F(FaultsLiveTest, TerminatedAgentLeavesTheDatapathWorking) {
  ASSERT_TRUE(node().Stop("k-vswitchd", SIGTERM));
  EXPECT_TRUE(AllReached()) << last_;
  EXPECT_THAT(Ask({"ovs-vsctl", "--timeout=5", "br-get-external-id", "k-vswitch0", "kvs.agent"}),
              testing::IsEmpty());
  ASSERT_TRUE(node().StartAgent());
  EXPECT_TRUE(Eventually([&] { return lab_->AddPod("shop/later", kNode).has_value(); }));
  ExpectMended();
}

TEST_F(FaultsLiveTest, RestartedSwitchIsFilledAgain) {
  ASSERT_TRUE(node().RestartOvs());
  ExpectMended();
}

// (While OVSDB is away, ovs-vswitchd's main loop rests, and with it the userspace datapath: nothing
// to be asked of us.)
TEST_F(FaultsLiveTest, RestartedDatabaseIsFoundAgain) {
  ASSERT_TRUE(node().Stop("ovsdb-server", SIGKILL));
  ASSERT_TRUE(node().StartOvsdb());
  EXPECT_TRUE(Eventually([&] { return lab_->AddPod("shop/later", kNode).has_value(); }));
  ExpectMended();
}

TEST_F(FaultsLiveTest, LostDatabaseIsMadeAgain) {
  ASSERT_TRUE(node().Stop("ovsdb-server", SIGKILL));
  std::filesystem::remove(node().ovs_dir() + "/conf.db");
  ASSERT_TRUE(node().StartOvsdb());
  Do({"ovs-vsctl", "--timeout=5", "--no-wait", "init"});
  // The node's own network is the node owner's to restore, and is a bridge here only because OVS
  // runs in userspace.
  Do({"ovs-vsctl", "--timeout=9", "--", "--may-exist", "add-br", "br-phy", "--", "set", "bridge",
      "br-phy", "datapath_type=netdev", "--", "--may-exist", "add-port", "br-phy", "u0"});
  ASSERT_TRUE(node().RestartOvs());
  EXPECT_TRUE(Eventually([this] { return PodsReached(); })) << last_;
  EXPECT_EQ(Metric("kvswitch_ports_restored_total"), "2");
}

TEST_F(FaultsLiveTest, DeletedBridgeIsMadeAgain) {
  Do({"ovs-vsctl", "--timeout=10", "del-br", "k-vswitch0"});
  ExpectMended();
}

TEST_F(FaultsLiveTest, DeletedPodPortIsMadeAgain) {
  const auto tracked = [this] { return node().Appctl("dpctl/dump-conntrack", {}).value_or(""); };
  const Pod& pod = PodOn(kNode);
  const std::string before = tracked();
  const size_t at = before.find(fmt::format("tcp,orig=(src={},", pod.ips[0]));
  ASSERT_NE(at, before.npos) << before;
  const std::string connection = before.substr(at, before.find(')', at) - at);
  Do({"ovs-vsctl", "--timeout=10", "del-port", pod.port});
  ExpectMended();
  EXPECT_THAT(tracked(), HasSubstr(connection)) << "the pod lives on, and so do its connections";
}

TEST_F(FaultsLiveTest, DeletedTunnelIsMadeAgain) {
  Do({"ovs-vsctl", "--timeout=10", "del-port", "overlay0"});
  ExpectMended();
}

TEST_F(FaultsLiveTest, DeletedFlowsArePutBackAndCounted) {
  Do({"ovs-ofctl", "-O", "OpenFlow15", "del-flows", "k-vswitch0"});
  ExpectMended();
  EXPECT_TRUE(Eventually([this] { return Metric("kvswitch_flow_repairs_total") != "0"; }));
}

TEST_F(FaultsLiveTest, ForeignFlowsAreTakenOut) {
  Do({"ovs-ofctl", "-O", "OpenFlow15", "add-flow", "k-vswitch0",
      "table=0,priority=65000,ip,actions=drop"});
  ExpectMended();
  EXPECT_TRUE(Eventually([this] {
    return Ask({"ovs-ofctl", "-O", "OpenFlow15", "dump-flows", "k-vswitch0"})
               .find("priority=65000") == std::string::npos;
  }));
}

TEST_F(FaultsLiveTest, HostSideIsPutBack) {
  const std::vector<std::vector<std::string>> faults = {
      {"ip", "address", "flush", "dev", "k-vswitch0", "scope", "global"},
      {"ip", "route", "delete", "10.244.0.0/16"},
      {"ip", "-6", "route", "delete", "fd00:10:244::/56"},
      {"ip", "neighbour", "flush", "dev", "k-vswitch0", "nud", "permanent"},
      {"ip", "link", "set", "k-vswitch0", "down"},
      {"nft", "delete", "table", "inet", "k-vswitch"},
      {"sysctl", "-q", "-w", "net.ipv4.ip_forward=0"},
  };
  for (const auto& fault : faults) {
    SCOPED_TRACE(fmt::format("{}", fmt::join(fault, " ")));
    Do(fault);
    ExpectMended();
  }
}

// Docker: both families' FORWARD drops what it doesn't know.
constexpr char kDocker[] =
    "table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; }; }\n"
    "table ip6 filter { chain FORWARD { type filter hook forward priority 0; policy drop; }; }\n";
// The end of firewalld's chain, and a host that lets in only TCP and ICMP.
constexpr char kFirewalld[] =
    "table inet firewalld {\n"
    " chain filter_FORWARD {\n"
    "  type filter hook forward priority 10; policy accept;\n"
    "  ct state { established, related } accept\n"
    "  reject with icmpx admin-prohibited\n"
    " }\n"
    " chain filter_INPUT {\n"
    "  type filter hook input priority 10; policy drop;\n"
    "  meta l4proto { tcp, icmp, icmpv6 } accept\n"
    " }\n"
    "}\n";

TEST_F(FaultsLiveTest, FirewallsOfOthersAreSurvived) {
  for (const char* ruleset : {kDocker, kFirewalld}) {
    SCOPED_TRACE(ruleset);
    Nft(ruleset);
    ExpectMended();
  }
  EXPECT_THAT(Ask({"nft", "list", "table", "inet", "firewalld"}),
              HasSubstr("udp dport 4789 counter"));

  const std::string repairs = Metric("kvswitch_host_repairs_total");
  Nft("flush chain ip filter FORWARD\nflush chain ip6 filter FORWARD\n");
  ExpectMended();
  EXPECT_TRUE(Eventually([&] { return Metric("kvswitch_host_repairs_total") != repairs; }));

  ASSERT_TRUE(node().Stop("k-vswitchd", SIGTERM));
  EXPECT_TRUE(AllReached()) << last_;
  ASSERT_TRUE(node().StartAgent());

  Nft("chain ip filter FORWARD { policy accept; }\n");
  EXPECT_TRUE(Eventually([this] {
    return Ask({"nft", "list", "table", "ip", "filter"}).find("k-vswitch0") == std::string::npos;
  })) << "our rules go where nothing is dropped any more";
}

TEST_F(FaultsLiveTest, AFirewallThatNobodyMayChangeIsAProblem) {
  const std::string problem = "firewall-cmd --permanent --zone=trusted";
  const auto told = [&] { return Problems().find(problem) != std::string::npos; };
  // The table lives as long as the program that made it.
  FILE* owner =
      popen(fmt::format("ip netns exec {} nft -i >/dev/null", node().netns()).c_str(), "w");
  ASSERT_NE(owner, nullptr);
  const auto say = [owner](const char* commands) {
    std::fputs(commands, owner);
    std::fflush(owner);
  };
  say("add table inet firewalld { flags owner; }\n"
      "add chain inet firewalld filter_FORWARD { type filter hook forward priority 10; }\n"
      "add rule inet firewalld filter_FORWARD reject with icmpx admin-prohibited\n");
  EXPECT_TRUE(Eventually(told));
  say("insert rule inet firewalld filter_FORWARD iifname k-vswitch0 accept\n"
      "insert rule inet firewalld filter_FORWARD oifname k-vswitch0 accept\n");
  EXPECT_TRUE(Eventually([&] { return !told(); })) << "the administrator has let the link in";
  ExpectMended();
  pclose(owner);
}

// After a reboot the pods and their links are gone, but conf.db still has their ports.
TEST_F(FaultsLiveTest, StalePortsOfARebootAreDeleted) {
  const std::string port = PodOn(kNode).port;
  Do({"ip", "link", "delete", port});
  EXPECT_TRUE(Eventually(
      [&] {
        return Ask({"ovs-vsctl", "--timeout=5", "--bare", "--columns=name", "find", "interface",
                    "name=" + port})
            .empty();
      },
      2 * kPromise));  // the agent itself waits first, for the link to come back
  EXPECT_TRUE(Eventually([this] { return Metric("kvswitch_stale_ports_deleted_total") == "1"; }));
}

TEST_F(FaultsLiveTest, SecondAgentOnANodeRefuses) {
  const auto output = exec::RunToEnd(node().AgentCommand());
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(output->exit_code, 1);
  EXPECT_THAT(output->err, HasSubstr("only one may run on a node"));
}

TEST_F(FaultsLiveTest, TheNextAgentWaitsForTheEndOfTheOneBefore) {
  const auto next = exec::Start(node().AgentCommand(), node().Log("next"));
  ASSERT_TRUE(next) << next.error().message;
  std::this_thread::sleep_for(500ms);
  EXPECT_TRUE(exec::IsAlive(*next));
  ASSERT_TRUE(node().Stop("k-vswitchd", SIGTERM));
  EXPECT_TRUE(Eventually([this] { return Metric("kvswitch_ready") == "1"; }));
  ExpectMended();
}

TEST_F(FaultsLiveTest, ForeignBridgeOfOurNameIsLeftAlone) {
  ASSERT_TRUE(node().Stop("k-vswitchd", SIGKILL));
  Do({"ovs-vsctl", "--timeout=10", "--", "del-br", "k-vswitch0", "--", "add-br", "k-vswitch0", "--",
      "set", "bridge", "k-vswitch0", "datapath_type=netdev"});
  ASSERT_TRUE(node().StartAgent());
  EXPECT_TRUE(Eventually(
      [this] { return Problems().find("k-vswitch did not create") != std::string::npos; }));
  EXPECT_THAT(Ask({"ovs-vsctl", "--timeout=5", "get", "bridge", "k-vswitch0", "external_ids"}),
              HasSubstr("{}"));
}

TEST_F(FaultsLiveTest, AnOpenVSwitchThatIsTooOldGetsNoNewPods) {
  Do({"ovs-vsctl", "--timeout=5", "--no-wait", "set", "Open_vSwitch", ".", "ovs_version=2.17.9"});
  EXPECT_TRUE(Eventually([this] {
    return Ask({"curl", "-s", "--unix-socket", node().agent_socket(), "http://agent/readyz"})
               .find("runs Open vSwitch 2.17.9; k-vswitch needs 3.1") != std::string::npos;
  }));
  const auto refused = lab_->AddPod("shop/later", kNode);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message,
              HasSubstr("the k-vswitchd agent isn't running or ready on this node"));
  EXPECT_TRUE(AllReached()) << last_;
  Do({"ovs-vsctl", "--timeout=5", "--no-wait", "clear", "Open_vSwitch", ".", "ovs_version"});
  EXPECT_TRUE(Eventually([this] { return lab_->Sync().has_value(); }));
  ExpectMended();
}

// OVS 3.1 in userspace: a megaflow from before the tunnel's port was there may outlive every
// revalidation, and gives tunnelled packets to the host as long as they keep coming. Tries in quick
// succession keep it alive for ever, so it is purged here.
// As `kubectl delete` of the manifest does while the agents still run.
TEST_F(FaultsLiveTest, DeletedConfigurationsCutNobodyOff) {
  ASSERT_TRUE(lab_->StopController(SIGTERM));
  const std::filesystem::path configs = lab_->options().manifests + "/.kvswitch";
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(configs))
    files.push_back(entry.path());
  ASSERT_GE(files.size(), 2u);
  for (const auto& file : files) std::filesystem::remove(file);
  std::this_thread::sleep_for(std::chrono::seconds(7));
  EXPECT_TRUE(AllReached()) << last_;
  ASSERT_TRUE(lab_->StartController());
  std::this_thread::sleep_for(std::chrono::seconds(7));
  EXPECT_TRUE(AllReached()) << last_;
}

// An address of the node itself stands for the cloud's metadata service.
TEST_F(FaultsLiveTest, MetadataAccessIsSwitchedWhileItRuns) {
  const std::pair<const char*, Ip> services[] = {
      {"169.254.169.254/32", Ip(Ip4{{169, 254, 169, 254}})},
      {"fd00:ec2::254/128", Ip::Parse("fd00:ec2::254").value()}};
  for (const auto& [address, ip] : services) Do({"ip", "address", "add", address, "dev", "lo"});
  const std::string pod = "shop/web-1";
  const auto answers = [&](const Ip& ip, std::chrono::milliseconds timeout) {
    const auto outcome = lab_->Connect(pod, ip, probe::kEchoPort, timeout);
    return outcome && outcome->reached;
  };
  for (const char* access : {"allow", "deny", "allow"}) {
    SCOPED_TRACE(access);
    const bool allowed = access == std::string("allow");
    Manifest("settings.yaml", fmt::format("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: "
                                          "k-vswitch, namespace: kube-system}}\n"
                                          "data: {{metadataAccess: {}}}\n",
                                          access));
    for (const auto& [address, ip] : services)
      EXPECT_TRUE(Eventually([&] { return answers(ip, std::chrono::seconds(1)) == allowed; }))
          << address;
  }
  EXPECT_TRUE(AllReached()) << last_;
}

TEST_F(FaultsLiveTest, OverlayIsSwitchedWhileItRuns) {
  for (const char* type : {"gre", "geneve", "none", "vxlan"}) {
    SCOPED_TRACE(type);
    std::ofstream(lab_->options().manifests + "/k-vswitch.yaml")
        << "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: k-vswitch, namespace: "
           "kube-system}\ndata: {overlayType: "
        << type << "}\n";
    EXPECT_TRUE(Eventually([&] {
      const std::string status =
          Ask({"curl", "-s", "--unix-socket", node().agent_socket(), "http://agent/v1/status"});
      return status.find(fmt::format("\"overlay\":\"{}\"", type)) != std::string::npos;
    }));
    ExpectMended();
  }
}

}  // namespace
}  // namespace kvs::lab
