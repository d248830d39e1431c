#include <signal.h>

#include <filesystem>

#include "lab/live/live_lab.h"

// What somebody else changes on a node is looked at, not believed: content is compared, and where
// the kernel tells of a change, it is mended at once. And what is somebody else's stays.
namespace kvs::lab {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class DriftLiveTest : public LiveLab {
 protected:
  // Less than an audit takes to come: only a notice leads to it.
  static constexpr auto kAtOnce = std::chrono::seconds(12);

  std::string Table(const std::string& family) {
    return Ask({"nft", "list", "table", family, "k-vswitch"});
  }
};

TEST_F(DriftLiveTest, AFlushedRulesetIsBackAtOnce) {
  const std::string inet = Table("inet"), netdev = Table("netdev");
  EXPECT_THAT(inet, HasSubstr("masquerade"));
  Do({"nft", "flush", "ruleset"});
  EXPECT_TRUE(Eventually([&] { return Table("inet") == inet; }, kAtOnce)) << Table("inet");
  if (!KernelDatapath()) {
    EXPECT_THAT(netdev, HasSubstr("policy drop"));
    EXPECT_TRUE(Eventually([&] { return Table("netdev").size() == netdev.size(); }, kAtOnce))
        << Table("netdev");
  }
}

TEST_F(DriftLiveTest, OneChangedRuleIsNoticed) {
  const std::string inet = Table("inet"), port = PodOn("node1").port;
  std::vector<std::string> changes = {
      "insert rule inet k-vswitch forward accept",
      "flush chain inet k-vswitch forward",
      "add element inet k-vswitch cluster4 { 192.0.2.0/24 }",
      "flush set inet k-vswitch guarded4",
      "add table inet k-vswitch { flags dormant; }",
  };
  for (const std::string& change : changes) {
    SCOPED_TRACE(change);
    Do({"nft", change});
    EXPECT_TRUE(Eventually([&] { return Table("inet") == inet; })) << Table("inet");
  }
  EXPECT_TRUE(Told("repeatedly changes what k-vswitch manages")) << Problems();
  EXPECT_THAT(Problems(), HasSubstr(", nft)"));
  if (KernelDatapath()) return;
  for (const std::string& change : {"add rule netdev k-vswitch " + port + " accept",
                                    "chain netdev k-vswitch " + port + " { policy accept; }"}) {
    SCOPED_TRACE(change);
    const std::string netdev = Table("netdev");
    Do({"nft", change});
    EXPECT_TRUE(Eventually([&] {
      const std::string now = Table("netdev");
      return now.find("accept") == now.npos && now.size() == netdev.size();
    })) << Table("netdev");
  }
}

TEST_F(DriftLiveTest, TheHostsEndOfAPodsLinkIsKept) {
  const std::string port = PodOn("node1").port;
  const std::string alias = Ask({"cat", "/sys/class/net/" + port + "/ifalias"});
  ASSERT_THAT(alias, HasSubstr("eth0"));
  for (const std::vector<std::string>& change :
       {std::vector<std::string>{"down"}, {"group", "default"}, {"alias", "mine"}}) {
    SCOPED_TRACE(change.front());
    std::vector<std::string> command = {"ip", "link", "set", port};
    command.insert(command.end(), change.begin(), change.end());
    Do(command);
    EXPECT_TRUE(Eventually([&] {
      const std::string link = Ask({"ip", "link", "show", port});
      return link.find(",UP") != link.npos && link.find("group 27") != link.npos &&
             Ask({"cat", "/sys/class/net/" + port + "/ifalias"}) == alias;
    })) << Ask({"ip", "link", "show", port});
  }
  ExpectMended();
}

// The host's end drops what is larger, both ways; a smaller one of the pod's is its own affair.
TEST_F(DriftLiveTest, TheHostsEndTakesWhatThePodSends) {
  const std::string port = PodOn("node1").port;
  const auto mtu = [&] { return Ask({"cat", "/sys/class/net/" + port + "/mtu"}); };
  const std::string before = mtu();
  Do({"ip", "link", "set", port, "mtu", "600"});
  EXPECT_TRUE(Eventually([&] { return mtu() == before; }, kAtOnce)) << mtu();
  Do({"ip", "link", "set", port, "mtu", "9000"});
  std::this_thread::sleep_for(std::chrono::seconds(5));
  EXPECT_EQ(mtu(), "9000\n") << "it is never lowered";
  Do({"ip", "link", "set", port, "mtu", "1400"});
  EXPECT_TRUE(Eventually([&] { return mtu() == before; }, kAtOnce)) << mtu();
  EXPECT_TRUE(Eventually([&] { return Problems() == "ok\n"; })) << Problems();
}

TEST_F(DriftLiveTest, TheBridgesLinkForwardsWhateverTheDefault) {
  for (const char* setting :
       {"net.ipv4.conf.k-vswitch0.forwarding", "net.ipv6.conf.k-vswitch0.forwarding"}) {
    SCOPED_TRACE(setting);
    Do({"sysctl", "-q", "-w", setting + std::string("=0")});
    EXPECT_TRUE(Eventually([&] { return Ask({"sysctl", "-n", setting}) == "1\n"; }));
  }
  Do({"sysctl", "-q", "-w", "net.ipv4.conf.default.forwarding=0"});
  Do({"sysctl", "-q", "-w", "net.ipv6.conf.default.forwarding=0"});
  Do({"ovs-vsctl", "--timeout=9", "del-br", "k-vswitch0"});
  for (const char* family : {"ipv4", "ipv6"}) {
    const std::string setting = fmt::format("net.{}.conf.k-vswitch0.forwarding", family);
    EXPECT_TRUE(Eventually([&] { return Ask({"sysctl", "-n", setting}) == "1\n"; })) << setting;
  }
  ExpectMended();
}

// A port that listens and learns for 30 s carries nothing.
TEST_F(DriftLiveTest, SpanningTreeIsOff) {
  for (const char* column : {"stp_enable", "rstp_enable"}) {
    SCOPED_TRACE(column);
    Do({"ovs-vsctl", "--timeout=9", "set", "bridge", "k-vswitch0", column + std::string("=true")});
    EXPECT_TRUE(Eventually([&] {
      return Ask({"ovs-vsctl", "--timeout=9", "get", "bridge", "k-vswitch0", column}) == "false\n";
    }));
  }
  ExpectMended();
}

TEST_F(DriftLiveTest, TheBridgeIsOursWithoutItsKeys) {
  const auto ids = [&] {
    return Ask({"ovs-vsctl", "--timeout=9", "get", "bridge", "k-vswitch0", "external_ids"});
  };
  const std::string before = ids();
  for (const std::vector<std::string>& change :
       {std::vector<std::string>{"remove", "bridge", "k-vswitch0", "external_ids", "kvs.node"},
        {"clear", "bridge", "k-vswitch0", "external_ids", "other_config"}}) {
    SCOPED_TRACE(change.front());
    std::vector<std::string> command = {"ovs-vsctl", "--timeout=9", "--no-wait"};
    command.insert(command.end(), change.begin(), change.end());
    Do(command);
    EXPECT_TRUE(Eventually([&] { return ids() == before; })) << ids();
    EXPECT_TRUE(Eventually([&] { return Problems() == "ok\n"; })) << Problems();
  }
}

// The plugin's DEL retires the link before it deletes the port: that is no drift.
TEST_F(DriftLiveTest, APortThatIsShutInOpenFlowIsOpenedAgain) {
  for (const std::string& port :
       {PodOn("node1").port, std::string("overlay0"), std::string("k-vswitch0")})
    for (const char* how : {"no-forward", "no-receive"}) {
      SCOPED_TRACE(port + " " + how);
      Do({"ovs-ofctl", "-OOpenFlow15", "mod-port", "k-vswitch0", port, how});
      ExpectMended();
    }
  EXPECT_THAT(Ask({"curl", "-s", "--unix-socket", node().agent_socket(), "http://agent/metrics"}),
              testing::ContainsRegex("kvswitch_port_repairs_total [6-9]\n"));
  ASSERT_TRUE(node().Stop("k-vswitchd", SIGKILL));
  Do({"ovs-ofctl", "-OOpenFlow15", "mod-port", "k-vswitch0", "overlay0", "no-forward"});
  ASSERT_TRUE(node().StartAgent());
  ExpectMended();
}

TEST_F(DriftLiveTest, ARetiredLinkIsNotTakenBack) {
  kube::Pod pod;
  pod.meta.ns = "shop";
  pod.meta.name = "retired";
  pod.node_name = "node1";
  const auto attached = AttachPod(lab_->state(), node(), Programs::Find()->kvs, pod);
  ASSERT_TRUE(attached) << attached.error().message;
  const auto link = [&] { return Ask({"ip", "link", "show", attached->port}); };
  Do({"ip", "link", "set", attached->port, "group", "28"});
  EXPECT_TRUE(Eventually([&] { return link().find("group") == std::string::npos; })) << link();
  ASSERT_TRUE(DetachPod(lab_->state(), &node(), *attached));
  EXPECT_TRUE(Eventually([&] { return Problems() == "ok\n"; })) << Problems();
}

TEST_F(DriftLiveTest, APortThatWasMadeAgainIsAPodsAgain) {
  const std::string port = PodOn("node1").port;
  Do({"ovs-vsctl", "--timeout=9", "del-port", "k-vswitch0", port, "--", "add-port", "k-vswitch0",
      port});
  ExpectMended();
  EXPECT_EQ(Problems(), "ok\n");
}

TEST_F(DriftLiveTest, APortOnAnotherBridgeIsToldWithTheRemedy) {
  const std::string port = PodOn("node1").port;
  Do({"ovs-vsctl", "--timeout=9", "add-br", "br-ex", "--", "set", "bridge", "br-ex",
      "datapath_type=netdev", "--", "del-port", "k-vswitch0", port, "--", "add-port", "br-ex",
      port});
  EXPECT_TRUE(Told("ovs-vsctl del-port " + port)) << Problems();
  Do({"ovs-vsctl", "--timeout=9", "del-port", port});
  ExpectMended();
  EXPECT_TRUE(Eventually([&] { return Problems() == "ok\n"; })) << Problems();
}

// As CNI's portmap sets it, once, for 127.0.0.1:hostPort.
TEST_F(DriftLiveTest, WhatOthersSetOnTheBridgesLinkIsSetOnTheNext) {
  const std::string path = "/proc/sys/net/ipv4/conf/k-vswitch0/route_localnet";
  Do({"sysctl", "-q", "-w", "net.ipv4.conf.k-vswitch0.route_localnet=1"});
  const std::string index = Ask({"cat", "/sys/class/net/k-vswitch0/ifindex"});
  std::this_thread::sleep_for(std::chrono::seconds(5));  // it looks every 4 s
  // An agent that is quick enough makes the bridge anew before Open vSwitch has seen it gone.
  const auto another = [&] {
    Do({"ovs-vsctl", "--timeout=9", "del-br", "k-vswitch0"});
    return Ask({"cat", "/sys/class/net/k-vswitch0/ifindex"}) != index;
  };
  EXPECT_TRUE(Eventually(another));
  EXPECT_TRUE(Eventually([&] { return Ask({"cat", path}) == "1\n"; })) << Ask({"cat", path});
  ExpectMended();
}

// The routes of others stay, whatever a Node's range says; and when the range goes, so does ours.
TEST_F(DriftLiveTest, ARangeThatIsTheUnderlaysTakesNoRoute) {
  const auto routes = [&] { return Ask({"ip", "route", "show", "10.200.0.0/24"}); };
  const std::string before = routes();
  EXPECT_THAT(before, HasSubstr("proto kernel"));
  // As a person without a controller might write it.
  Manifest("stranger.yaml",
           "apiVersion: kvswitch.io/v1alpha1\nkind: VSwitchConfig\n"
           "metadata: {name: stranger}\n"
           "spec: {podCIDRs: [10.200.0.0/24], overlayIPs: [10.200.0.77]}\n");
  std::this_thread::sleep_for(std::chrono::seconds(2));
  EXPECT_TRUE(AllReached()) << last_;
  EXPECT_EQ(routes(), before);
  std::filesystem::remove(lab_->options().manifests + "/stranger.yaml");
  ExpectMended();
  EXPECT_EQ(routes(), before);
}

TEST_F(DriftLiveTest, ARouteOfSomebodyElseIsAConflictAndStays) {
  const auto all = [&] { return Ask({"ip", "route", "show", "10.244.0.0/16"}); };
  ASSERT_TRUE(node().Stop("k-vswitchd", SIGKILL));
  Do({"ip", "route", "del", "10.244.0.0/16"});
  Do({"ip", "route", "add", "10.244.0.0/16", "via", "10.200.0.254", "metric", "50"});
  ASSERT_TRUE(node().StartAgent());
  EXPECT_TRUE(Told("route 10.244.0.0/16: overlaps the route to 10.244.0.0/16 via 10.200.0.254"))
      << Problems();
  EXPECT_THAT(all(), AllOf(HasSubstr("via 10.200.0.254"), Not(HasSubstr("proto 27"))));
  EXPECT_THAT(Ask({"ip", "route", "show", "10.244.1.0/24"}), HasSubstr("proto 27"))
      << "this node's own pods are served all the same";
  Do({"ip", "route", "del", "10.244.0.0/16", "via", "10.200.0.254"});
  EXPECT_TRUE(Eventually([&] { return all().find("proto 27") != std::string::npos; })) << all();
  EXPECT_TRUE(Eventually([&] { return Problems() == "ok\n"; })) << Problems();
}

// The kernel would put ours in its place, for it is the first to that destination.
TEST_F(DriftLiveTest, ARouteBeforeOursOnOurLinkStays) {
  const auto all = [&] { return Ask({"ip", "route", "show", "10.244.0.0/16"}); };
  const std::vector<std::string> way = {"10.244.0.0/16", "via",        "169.254.1.1",
                                        "dev",           "k-vswitch0", "onlink"};
  const auto route = [&](std::vector<std::string> command, const std::string& protocol) {
    command.insert(command.end(), way.begin(), way.end());
    command.insert(command.end(), {"proto", protocol});
    Do(command);
  };
  route({"ip", "route", "prepend"}, "static");
  route({"ip", "route", "append"}, "27");  // without our source: something to mend
  EXPECT_TRUE(Told("route 10.244.0.0/16: overlaps the route to 10.244.0.0/16 via 169.254.1.1"))
      << Problems();
  EXPECT_THAT(all(), HasSubstr("proto static"));
  route({"ip", "route", "del"}, "static");
  EXPECT_TRUE(Eventually([&] { return Problems() == "ok\n"; })) << Problems();
  EXPECT_TRUE(Eventually([&] {
    return testing::Value(all(), AllOf(HasSubstr("src"), Not(HasSubstr("\n10"))));
  })) << all();
  ExpectMended();
}

// An IPv4 cluster on a node where IPv6 is switched off, and a bridge that is made anew.
TEST_F(DriftLiveTest, EachFamilyStandsForItself) {
  Do({"sysctl", "-q", "-w", "net.ipv6.conf.all.disable_ipv6=1"});
  Do({"ovs-vsctl", "--timeout=9", "del-br", "k-vswitch0"});
  EXPECT_TRUE(Eventually([&] {
    return Ask({"ip", "route"}).find("10.244.0.0/16 via 169.254.1.1 dev k-vswitch0") !=
           std::string::npos;
  })) << Ask({"ip", "route"});
  EXPECT_TRUE(Eventually([&] {
    return Ask({"ip", "-6", "route"}).find("fd00:10:244::/56") != std::string::npos;
  })) << "IPv6 is switched on for the link where pods have it: "
      << Ask({"ip", "-6", "route"});
}

}  // namespace
}  // namespace kvs::lab
