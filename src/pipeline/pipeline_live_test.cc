#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "pipeline/dummy_switch.h"
#include "pipeline/pipeline.h"
#include "pipeline/scenario.h"

// The rules judged by a real ovs-vswitchd: it takes every flow of every scenario, delivers what
// should be delivered where it should, and drops every kind of spoofed packet.
namespace kvs::pipeline {
namespace {

std::vector<flow::Flow> FlowsOf(const Pipeline& pipeline) {
  std::vector<flow::Flow> flows;
  pipeline.engine().desired<flow::Flow>().ForEach(
      [&](const flow::Flow& flow) { flows.push_back(flow); });
  return flows;
}

std::vector<flow::Meter> MetersOf(const Pipeline& pipeline) {
  std::vector<flow::Meter> meters;
  pipeline.engine().desired<flow::Meter>().ForEach(
      [&](const flow::Meter& meter) { meters.push_back(meter); });
  return meters;
}

// One switch for all tests: it takes a second to start.
class LiveTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    switch_ = new DummySwitch;
    problem_ = switch_->Start();
  }
  static void TearDownTestSuite() { delete switch_; }
  void SetUp() override { ASSERT_EQ(problem_, ""); }

  // A node of a dual-stack cluster: two pods here (kv3: 10.1.1.3, kv4: 10.1.1.4), nodes n2 and n3.
  void LoadCluster() {
    for (const char* line : {
             "put Self node=n1 local_mac=02:00:00:00:00:01 "
             "pod_ranges=10.1.1.0/24,fd00:10:1:1::/64 gateways=10.1.1.1,fd00:10:1:1::1 "
             "snat=10.1.1.2,fd00:10:1:1::2 overlay=vxlan",
             "put Datapath overlay_port=1 nd_flows=yes",
             "put ClusterRanges pods=10.1.0.0/16,fd00:10:1::/48",
             "put NodeAddress 10.200.0.1",
             "put Node n1 pod_ranges=10.1.1.0/24,fd00:10:1:1::/64 overlay_ips=10.200.0.1",
             "put Node n2 pod_ranges=10.1.2.0/24,fd00:10:1:2::/64 overlay_ips=10.200.0.2",
             "put Node n3 pod_ranges=10.1.3.0/24,fd00:10:1:3::/64 overlay_ips=10.200.0.3",
             "put Port kv3 ofport=19 mac=0a:58:0a:01:01:03 ips=10.1.1.3,fd00:10:1:1::3 pod=d/a",
             "put Port kv4 ofport=20 mac=0a:58:0a:01:01:04 ips=10.1.1.4,fd00:10:1:1::4 pod=d/b",
         })
      ASSERT_TRUE(Change(world_, line)) << line;
    pipeline_.engine().Run();
    ASSERT_TRUE(pipeline_.Problems().empty());
    const Ran ran = switch_->Load(FlowsOf(pipeline_), MetersOf(pipeline_));
    ASSERT_EQ(ran.rc, 0) << ran.output;
  }

  static inline DummySwitch* switch_ = nullptr;
  static inline std::string problem_;
  world::World world_;
  Pipeline pipeline_{world_};
};

TEST_F(LiveTest, TakesEveryFlowOfEveryScenario) {
  for (const auto& entry : std::filesystem::directory_iterator(KVS_TESTDATA)) {
    SCOPED_TRACE(entry.path());
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    world::World world;
    Pipeline pipeline(world);
    for (const ScenarioStep& step : ParseScenario(text.str())) {
      for (const std::string& line : step.changes) ASSERT_TRUE(Change(world, line)) << line;
      pipeline.engine().Run();
      const std::vector<flow::Flow> flows = FlowsOf(pipeline);
      const Ran parsed = switch_->ParseFlows(flows);
      ASSERT_EQ(parsed.rc, 0) << parsed.output;
      const Ran loaded = switch_->Load(flows, MetersOf(pipeline));
      ASSERT_EQ(loaded.rc, 0) << loaded.output;
      ASSERT_EQ(switch_->FlowCount(), flows.size());
    }
  }
}

// Where a traced packet went: "19", "LOCAL", "tunnel 10.200.0.2", "back" (to its port), or "drop".
std::string Fate(const std::string& trace) {
  std::string fate = "drop", tunnel;
  std::istringstream lines(trace);
  static const std::regex kOutput("^ +(output:([0-9]+)|LOCAL|IN_PORT)$");
  static const std::regex kTunnel("^ +set_field:([0-9.]+)->tun_dst$");
  std::smatch found;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("skipping output to input port") != line.npos) fate = "drop";
    if (std::regex_match(line, found, kTunnel)) tunnel = found[1];
    if (!std::regex_match(line, found, kOutput)) continue;
    if (found[1] == "IN_PORT") {
      fate = "back";
    } else if (found[1] == "LOCAL") {
      fate = "LOCAL";
    } else {
      fate = found[2] == "1" ? "tunnel " + tunnel : found[2].str();
    }
  }
  if (fate.starts_with("tunnel") && trace.find("-> tunneling from ") == trace.npos)
    fate += " (not sent)";
  return fate;
}

struct Case {
  const char* name;
  const char* packet;
  const char* fate;
  std::vector<std::string> states = {"trk,new"};
};

// The same words again and again: who sends.
#define FROM_A "in_port=19,dl_src=0a:58:0a:01:01:03,dl_dst=0a:58:a9:fe:01:01,"
#define FROM_HOST "in_port=LOCAL,dl_src=02:00:00:00:00:01,dl_dst=0a:58:a9:fe:01:01,"
#define FROM_N2 "in_port=1,tun_src=10.200.0.2,tun_dst=10.200.0.1,tun_id=0x7,"
#define A_ARP "arp,arp_sha=0a:58:0a:01:01:03,arp_spa=10.1.1.3,"
#define A_NS                                                                          \
  "icmp6,ipv6_src=fd00:10:1:1::3,ipv6_dst=ff02::1:ff0a:1,nw_ttl=255,icmpv6_type=135," \
  "icmpv6_code=0,nd_sll=0a:58:0a:01:01:03,"

const std::vector<Case> kDelivered = {
    {"pod to pod", FROM_A "tcp,nw_src=10.1.1.3,nw_dst=10.1.1.4,nw_ttl=64", "20"},
    {"pod to pod, later",
     FROM_A "tcp,nw_src=10.1.1.3,nw_dst=10.1.1.4,nw_ttl=64",
     "20",
     {"trk,est"}},
    {"pod to pod, reply",
     FROM_A "tcp,nw_src=10.1.1.3,nw_dst=10.1.1.4,nw_ttl=64",
     "20",
     {"trk,est,rpl"}},
    {"pod to pod, v6", FROM_A "tcp6,ipv6_src=fd00:10:1:1::3,ipv6_dst=fd00:10:1:1::4,nw_ttl=64",
     "20"},
    {"pod to itself", FROM_A "udp,nw_src=10.1.1.3,nw_dst=10.1.1.3,nw_ttl=64", "19"},
    {"pod to another node's pod", FROM_A "udp,nw_src=10.1.1.3,nw_dst=10.1.2.9,nw_ttl=64",
     "tunnel 10.200.0.2"},
    {"the same, v6", FROM_A "udp6,ipv6_src=fd00:10:1:1::3,ipv6_dst=fd00:10:1:3::9,nw_ttl=64",
     "tunnel 10.200.0.3"},
    {"pod to its gateway", FROM_A "icmp,nw_src=10.1.1.3,nw_dst=10.1.1.1,nw_ttl=64", "LOCAL"},
    {"pod to its gateway, v6",
     FROM_A "icmp6,ipv6_src=fd00:10:1:1::3,ipv6_dst=fd00:10:1:1::1,nw_ttl=64,icmpv6_type=128",
     "LOCAL"},
    {"pod to its own host", FROM_A "tcp,nw_src=10.1.1.3,nw_dst=10.200.0.1,nw_ttl=64", "LOCAL"},
    {"pod to another host", FROM_A "tcp,nw_src=10.1.1.3,nw_dst=10.200.0.2,nw_ttl=64", "LOCAL"},
    {"pod to the outside", FROM_A "tcp,nw_src=10.1.1.3,nw_dst=8.8.8.8,nw_ttl=64", "LOCAL"},
    {"pod to the cloud's metadata", FROM_A "tcp,nw_src=10.1.1.3,nw_dst=169.254.169.254,nw_ttl=64",
     "LOCAL"},
    {"host to pod", FROM_HOST "tcp,nw_src=10.1.1.1,nw_dst=10.1.1.3,nw_ttl=64", "19"},
    {"host to pod, v6", FROM_HOST "tcp6,ipv6_src=fd00:10:1:1::1,ipv6_dst=fd00:10:1:1::3,nw_ttl=64",
     "19"},
    {"host to another node's pod", FROM_HOST "tcp,nw_src=10.1.1.1,nw_dst=10.1.2.9,nw_ttl=64",
     "tunnel 10.200.0.2"},
    {"forwarded by the host, from a pod", FROM_HOST "tcp,nw_src=10.1.1.4,nw_dst=10.1.1.3,nw_ttl=63",
     "19"},
    {"forwarded by the host, from outside",
     FROM_HOST "tcp,nw_src=8.8.8.8,nw_dst=10.1.1.3,nw_ttl=60", "19"},
    {"another node's pod to pod", FROM_N2 "tcp,nw_src=10.1.2.9,nw_dst=10.1.1.3,nw_ttl=63", "19"},
    {"the same, v6", FROM_N2 "tcp6,ipv6_src=fd00:10:1:2::9,ipv6_dst=fd00:10:1:1::3,nw_ttl=63",
     "19"},
    {"another node to pod", FROM_N2 "tcp,nw_src=10.1.2.1,nw_dst=10.1.1.3,nw_ttl=63", "19"},
    {"another node's address to pod", FROM_N2 "tcp,nw_src=10.200.0.2,nw_dst=10.1.1.3,nw_ttl=63",
     "19"},
    {"reply to the host's connection, out of the tunnel",
     FROM_N2 "ct_mark=0x2,tcp,nw_src=10.1.2.9,nw_dst=10.1.1.1,nw_ttl=63",
     "LOCAL",
     {"trk,est,rpl"}},
    {"ARP for the virtual next hop", FROM_A A_ARP "arp_op=1,arp_tpa=169.254.1.1", "back"},
    {"ARP for the virtual next hop, to everybody",
     "in_port=19,dl_src=0a:58:0a:01:01:03,dl_dst=ff:ff:ff:ff:ff:ff," A_ARP
     "arp_op=1,arp_tpa=169.254.1.1,arp_tha=ff:ff:ff:ff:ff:ff",
     "back"},
    {"ARP from the host",
     "in_port=LOCAL,dl_src=02:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff,arp,arp_op=1,"
     "arp_sha=02:00:00:00:00:01,arp_spa=10.1.1.1,arp_tpa=169.254.1.1",
     "back"},
    {"ND for the virtual next hop", FROM_A A_NS "nd_target=fe80::a:1", "back"},
};

const std::vector<Case> kDropped = {
    // Source addresses.
    {"another pod's IP", FROM_A "tcp,nw_src=10.1.1.4,nw_dst=10.1.1.4,nw_ttl=64", "drop"},
    {"another node's pod's IP", FROM_A "tcp,nw_src=10.1.2.9,nw_dst=10.1.1.4,nw_ttl=64", "drop"},
    {"the gateway's IP", FROM_A "tcp,nw_src=10.1.1.1,nw_dst=10.1.1.4,nw_ttl=64", "drop"},
    {"the node's IP", FROM_A "tcp,nw_src=10.200.0.1,nw_dst=10.1.1.4,nw_ttl=64", "drop"},
    {"M", FROM_A "tcp,nw_src=10.1.1.2,nw_dst=10.1.1.4,nw_ttl=64", "drop"},
    {"an outside IP", FROM_A "tcp,nw_src=8.8.8.8,nw_dst=10.1.1.4,nw_ttl=64", "drop"},
    {"no IP", FROM_A "udp,nw_src=0.0.0.0,nw_dst=255.255.255.255,udp_src=68,udp_dst=67", "drop"},
    {"another pod's IPv6", FROM_A "tcp6,ipv6_src=fd00:10:1:1::4,ipv6_dst=fd00:10:1:1::4", "drop"},
    {"the gateway's IPv6", FROM_A "tcp6,ipv6_src=fd00:10:1:1::1,ipv6_dst=fd00:10:1:1::4", "drop"},
    {"a link-local IPv6", FROM_A "tcp6,ipv6_src=fe80::858,ipv6_dst=fd00:10:1:1::4", "drop"},
    {"another pod's MAC",
     "in_port=19,dl_src=0a:58:0a:01:01:04,tcp,nw_src=10.1.1.3,nw_dst=10.1.1.4,nw_ttl=64", "drop"},
    {"the gateway's MAC",
     "in_port=19,dl_src=0a:58:a9:fe:01:01,tcp,nw_src=10.1.1.3,nw_dst=10.1.1.4,nw_ttl=64", "drop"},
    {"another pod's IP and MAC",
     "in_port=19,dl_src=0a:58:0a:01:01:04,tcp,nw_src=10.1.1.4,nw_dst=10.1.1.4,nw_ttl=64", "drop"},
    {"an unknown port", "in_port=33,tcp,nw_src=10.1.1.3,nw_dst=10.1.1.4,nw_ttl=64", "drop"},
    {"a VLAN tag", FROM_A "dl_vlan=5,tcp,nw_src=10.1.1.3,nw_dst=10.1.1.4,nw_ttl=64", "drop"},
    {"neither IP nor ARP", FROM_A "dl_type=0x88cc", "drop"},
    {"to another MAC",
     "in_port=19,dl_src=0a:58:0a:01:01:03,dl_dst=0a:58:a9:fe:01:02,tcp,nw_src=10.1.1.3,"
     "nw_dst=10.1.1.4,nw_ttl=64",
     "drop"},
    {"to everybody's MAC",
     "in_port=19,dl_src=0a:58:0a:01:01:03,dl_dst=ff:ff:ff:ff:ff:ff,tcp,nw_src=10.1.1.3,"
     "nw_dst=10.1.1.4,nw_ttl=64",
     "drop"},
    // ARP.
    {"ARP with another's sender IP",
     FROM_A "arp,arp_op=1,arp_sha=0a:58:0a:01:01:03,arp_spa=10.1.1.4,arp_tpa=169.254.1.1", "drop"},
    {"ARP with the gateway's sender IP",
     FROM_A "arp,arp_op=1,arp_sha=0a:58:0a:01:01:03,arp_spa=10.1.1.1,arp_tpa=10.1.1.4", "drop"},
    {"ARP with another's sender MAC",
     FROM_A "arp,arp_op=1,arp_sha=0a:58:0a:01:01:04,arp_spa=10.1.1.3,arp_tpa=169.254.1.1", "drop"},
    {"ARP from another's Ethernet address",
     "in_port=19,dl_src=0a:58:0a:01:01:04," A_ARP "arp_op=1,arp_tpa=169.254.1.1", "drop"},
    {"ARP reply", FROM_A A_ARP "arp_op=2,arp_tpa=10.1.1.4", "drop"},
    {"gratuitous ARP", FROM_A A_ARP "arp_op=1,arp_tpa=10.1.1.3", "drop"},
    {"ARP probe", FROM_A "arp,arp_op=1,arp_sha=0a:58:0a:01:01:03,arp_spa=0.0.0.0,arp_tpa=10.1.1.4",
     "drop"},
    {"ARP for the gateway", FROM_A A_ARP "arp_op=1,arp_tpa=10.1.1.1", "drop"},
    {"ARP for a pod elsewhere", FROM_A A_ARP "arp_op=1,arp_tpa=10.1.2.9", "drop"},
    {"ARP for the world", FROM_A A_ARP "arp_op=1,arp_tpa=8.8.8.8", "drop"},
    {"ARP out of the tunnel",
     FROM_N2 "arp,arp_op=1,arp_sha=0a:58:0a:01:01:03,arp_spa=10.1.2.9,arp_tpa=169.254.1.1", "drop"},
    // ND and DHCP.
    {"router advertisement",
     FROM_A "icmp6,ipv6_src=fd00:10:1:1::3,ipv6_dst=ff02::1,nw_ttl=255,icmpv6_type=134", "drop"},
    {"router advertisement to a pod",
     FROM_A "icmp6,ipv6_src=fd00:10:1:1::3,ipv6_dst=fd00:10:1:1::4,nw_ttl=255,icmpv6_type=134",
     "drop"},
    {"router solicitation",
     FROM_A "icmp6,ipv6_src=fd00:10:1:1::3,ipv6_dst=ff02::2,nw_ttl=255,icmpv6_type=133", "drop"},
    {"neighbour advertisement",
     FROM_A "icmp6,ipv6_src=fd00:10:1:1::3,ipv6_dst=fd00:10:1:1::4,nw_ttl=255,icmpv6_type=136,"
            "nd_target=fd00:10:1:1::1",
     "drop"},
    {"redirect",
     FROM_A "icmp6,ipv6_src=fd00:10:1:1::3,ipv6_dst=fd00:10:1:1::4,nw_ttl=255,icmpv6_type=137",
     "drop"},
    {"ND with another's source",
     FROM_A "icmp6,ipv6_src=fd00:10:1:1::4,ipv6_dst=ff02::1:ff0a:1,nw_ttl=255,icmpv6_type=135,"
            "icmpv6_code=0,"
            "nd_target=fe80::a:1,nd_sll=0a:58:0a:01:01:03",
     "drop"},
    {"ND with another's link-layer address",
     FROM_A "icmp6,ipv6_src=fd00:10:1:1::3,ipv6_dst=ff02::1:ff0a:1,nw_ttl=255,icmpv6_type=135,"
            "icmpv6_code=0,"
            "nd_target=fe80::a:1,nd_sll=0a:58:0a:01:01:04",
     "drop"},
    {"ND from afar",
     FROM_A "icmp6,ipv6_src=fd00:10:1:1::3,ipv6_dst=ff02::1:ff0a:1,nw_ttl=254,icmpv6_type=135,"
            "icmpv6_code=0,"
            "nd_target=fe80::a:1,nd_sll=0a:58:0a:01:01:03",
     "drop"},
    {"duplicate address detection",
     FROM_A "icmp6,ipv6_src=::,ipv6_dst=ff02::1,nw_ttl=255,icmpv6_type=135,icmpv6_code=0,"
            "nd_target=fd00:10:1:1::3",
     "drop"},
    {"ND for a neighbour", FROM_A A_NS "nd_target=fd00:10:1:1::4", "drop"},
    {"ND for one's own address", FROM_A A_NS "nd_target=fd00:10:1:1::3", "drop"},
    {"DHCP server", FROM_A "udp,nw_src=10.1.1.3,nw_dst=10.1.1.4,udp_src=67,udp_dst=68", "drop"},
    {"DHCPv6 server",
     FROM_A "udp6,ipv6_src=fd00:10:1:1::3,ipv6_dst=fd00:10:1:1::4,udp_src=547,udp_dst=546", "drop"},
    // Destinations.
    {"the host's loopback", FROM_A "tcp,nw_src=10.1.1.3,nw_dst=127.0.0.1,nw_ttl=64", "drop"},
    {"multicast", FROM_A "udp,nw_src=10.1.1.3,nw_dst=224.0.0.251,nw_ttl=64", "drop"},
    {"broadcast", FROM_A "udp,nw_src=10.1.1.3,nw_dst=255.255.255.255,nw_ttl=64", "drop"},
    {"multicast, v6", FROM_A "udp6,ipv6_src=fd00:10:1:1::3,ipv6_dst=ff02::fb,nw_ttl=64", "drop"},
    {"M", FROM_A "tcp,nw_src=10.1.1.3,nw_dst=10.1.1.2,nw_ttl=64", "drop"},
    {"nobody here", FROM_A "tcp,nw_src=10.1.1.3,nw_dst=10.1.1.77,nw_ttl=64", "drop"},
    {"nobody anywhere", FROM_A "tcp,nw_src=10.1.1.3,nw_dst=10.1.77.7,nw_ttl=64", "drop"},
    {"host to nobody", FROM_HOST "tcp,nw_src=10.1.1.1,nw_dst=10.1.1.77,nw_ttl=64", "drop"},
    {"host to the world by us", FROM_HOST "tcp,nw_src=10.1.1.1,nw_dst=8.8.8.8,nw_ttl=64", "drop"},
    {"expired", FROM_A "tcp,nw_src=10.1.1.3,nw_dst=10.1.1.4,nw_ttl=1", "drop"},
    {"invalid", FROM_A "tcp,nw_src=10.1.1.3,nw_dst=10.1.1.4,nw_ttl=64", "drop", {"trk,inv"}},
    // The tunnel.
    {"the node's own pod, through the tunnel",
     FROM_N2 "tcp,nw_src=10.1.1.4,nw_dst=10.1.1.3,nw_ttl=63", "drop"},
    {"the node's own gateway, through the tunnel",
     FROM_N2 "tcp,nw_src=10.1.1.1,nw_dst=10.1.1.3,nw_ttl=63", "drop"},
    {"a third node's pod, through the tunnel",
     FROM_N2 "tcp,nw_src=10.1.3.9,nw_dst=10.1.1.3,nw_ttl=63", "drop"},
    {"a third node's pod, v6",
     FROM_N2 "tcp6,ipv6_src=fd00:10:1:3::9,ipv6_dst=fd00:10:1:1::3,nw_ttl=63", "drop"},
    {"an outside IP, through the tunnel", FROM_N2 "tcp,nw_src=8.8.8.8,nw_dst=10.1.1.3,nw_ttl=63",
     "drop"},
    {"an unknown endpoint",
     "in_port=1,tun_src=10.200.0.9,tun_dst=10.200.0.1,tun_id=0x7,tcp,nw_src=10.1.2.9,"
     "nw_dst=10.1.1.3,nw_ttl=63",
     "drop"},
    {"another key",
     "in_port=1,tun_src=10.200.0.2,tun_dst=10.200.0.1,tun_id=0x8,tcp,nw_src=10.1.2.9,"
     "nw_dst=10.1.1.3,nw_ttl=63",
     "drop"},
    {"through us to a third node", FROM_N2 "tcp,nw_src=10.1.2.9,nw_dst=10.1.3.9,nw_ttl=63", "drop"},
    {"through us to the world", FROM_N2 "tcp,nw_src=10.1.2.9,nw_dst=8.8.8.8,nw_ttl=63", "drop"},
};

TEST_F(LiveTest, DeliversWhatShouldBeDelivered) {
  LoadCluster();
  for (const Case& c : kDelivered) {
    const std::string trace = switch_->Trace(c.packet, c.states);
    EXPECT_EQ(Fate(trace), c.fate) << c.name << "\n" << trace;
  }
}

TEST_F(LiveTest, DropsEveryKindOfSpoofedPacket) {
  LoadCluster();
  for (const Case& c : kDropped) {
    const std::string trace = switch_->Trace(c.packet, c.states);
    EXPECT_THAT(trace, testing::HasSubstr("Datapath actions:")) << c.name;
    EXPECT_EQ(Fate(trace), c.fate) << c.name << "\n" << trace;
  }
}

// The tracker hears nothing of what can't be routed on; who is the next hop judges by itself.
TEST_F(LiveTest, DropsWhatExpiresBeforeItIsTracked) {
  LoadCluster();
  for (const char* packet : {FROM_A "tcp,nw_src=10.1.1.3,nw_dst=10.1.1.4,nw_ttl=",
                             FROM_A "tcp,nw_src=10.1.1.3,nw_dst=10.1.2.9,nw_ttl=",
                             FROM_A "tcp6,ipv6_src=fd00:10:1:1::3,ipv6_dst=fd00:10:1:2::9,nw_ttl=",
                             FROM_N2 "tcp,nw_src=10.1.2.9,nw_dst=10.1.1.3,nw_ttl="}) {
    for (const char* hops : {"0", "1"}) {
      const std::string trace = switch_->Trace(packet + std::string(hops), {});
      EXPECT_THAT(trace, testing::HasSubstr("Datapath actions: drop"));
      EXPECT_THAT(trace, testing::Not(testing::HasSubstr("ct("))) << trace;
    }
    EXPECT_THAT(switch_->Trace(packet + std::string("2"), {}), testing::HasSubstr("ct("));
  }
  for (const char* to : {"10.1.1.1", "8.8.8.8"}) {
    const std::string trace = switch_->Trace(
        FROM_A "tcp,nw_src=10.1.1.3,nw_ttl=1,nw_dst=" + std::string(to), {"trk,new"});
    EXPECT_EQ(Fate(trace), "LOCAL") << trace;
  }
}

TEST_F(LiveTest, AnswersWithTheGatewaysMac) {
  LoadCluster();
  EXPECT_THAT(switch_->Trace(FROM_A A_ARP "arp_op=1,arp_tpa=169.254.1.1", {}),
              testing::ContainsRegex("Final flow: arp.*dl_src=0a:58:a9:fe:01:01,"
                                     "dl_dst=0a:58:0a:01:01:03,arp_spa=169.254.1.1,"
                                     "arp_tpa=10.1.1.3,arp_op=2,arp_sha=0a:58:a9:fe:01:01,"
                                     "arp_tha=0a:58:0a:01:01:03"));
  EXPECT_THAT(switch_->Trace(FROM_A A_NS "nd_target=fe80::a:1", {}),
              testing::ContainsRegex("Final flow: icmp6.*ipv6_src=fe80::a:1,"
                                     "ipv6_dst=fd00:10:1:1::3.*icmp_type=136.*"
                                     "nd_tll=0a:58:a9:fe:01:01"));
}

std::string Udp(const std::string& source, int from, const std::string& destination, int to) {
  return fmt::format(
      "in_port(1),eth(src={},dst=0a:58:a9:fe:01:01),eth_type(0x0800),"
      "ipv4(src={},dst={},proto=17,tos=0,ttl=64,frag=no),udp(src={},dst={})",
      source == "10.1.1.4" ? "0a:58:0a:01:01:04" : "0a:58:0a:01:01:03", source, destination, from,
      to);
}

// With the switch's own connection tracker. The host's kernel (kube-proxy) has sent pod A's packet
// on to pod B: B's reply must go back to the host, not to A directly. Of a connection that A began
// itself, it goes to A.
TEST_F(LiveTest, RepliesGoBackWhereTheConnectionCameFrom) {
  LoadCluster();
  const auto count = [](const std::string& port) { return switch_->Sent(port); };

  uint64_t to_a = count("19"), to_b = count("20"), to_host = count("LOCAL");
  ASSERT_EQ(switch_->Receive("k-vswitch0", Udp("10.1.1.3", 1000, "10.1.1.4", 53)).rc, 0);
  EXPECT_EQ(count("20"), ++to_b);
  ASSERT_EQ(switch_->Receive("kv4", Udp("10.1.1.4", 53, "10.1.1.3", 1000)).rc, 0);
  EXPECT_EQ(count("LOCAL"), ++to_host);
  EXPECT_EQ(count("19"), to_a);

  ASSERT_EQ(switch_->Receive("kv3", Udp("10.1.1.3", 2000, "10.1.1.4", 53)).rc, 0);
  EXPECT_EQ(count("20"), ++to_b);
  ASSERT_EQ(switch_->Receive("kv4", Udp("10.1.1.4", 53, "10.1.1.3", 2000)).rc, 0);
  EXPECT_EQ(count("19"), ++to_a);
  EXPECT_EQ(count("LOCAL"), to_host);
}

}  // namespace
}  // namespace kvs::pipeline
