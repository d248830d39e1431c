#include "agent/trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace kvs::agent {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using Query = std::map<std::string, std::string>;

Ip At(const char* text) { return Ip::Parse(text).value(); }
Prefix In(const char* text) { return Prefix::Parse(text).value(); }

// The query in a hop's "next".
Query Split(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const auto one = text.substr(0, text.find('&'));
    query.emplace(one.substr(0, one.find('=')), one.substr(one.find('=') + 1));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
  }
  return query;
}

// node1 of two nodes, with pod shop/web.
class TraceTest : public testing::Test {
 protected:
  void SetUp() override { Know(world::Overlay::kVxlan); }
  void Know(world::Overlay overlay) {
    world_.self.Put({.node = "node1",
                     .local_mac = Mac::Parse("02:00:00:00:00:01").value(),
                     .pod_ranges = {In("10.1.1.0/24"), In("fd00:1::/64")},
                     .gateways = {At("10.1.1.1"), At("fd00:1::1")},
                     .overlay = overlay});
    world_.datapath.Put({.overlay_port = overlay == world::Overlay::kNone ? 0u : 1u});
    world_.cluster.Put({{In("10.1.0.0/16"), In("fd00::/32")}, {In("10.96.0.0/16")}});
    world_.addresses.Put({At("10.200.0.1")});
    world_.nodes.Put({"node1", {In("10.1.1.0/24"), In("fd00:1::/64")}, {At("10.200.0.1")}});
    world_.nodes.Put({"node2", {In("10.1.2.0/24"), In("fd00:2::/64")}, {At("10.200.0.2")}});
    world_.ports.Put({.name = "kv3",
                      .ofport = 19,
                      .mac = Mac::Parse("0a:58:0a:01:01:03").value(),
                      .ips = {At("10.1.1.3"), At("fd00:1::3")},
                      .pod = {"shop", "web"}});
    pipeline_.engine().Run();
  }
  Result<TracedPacket> Read(const Query& query) { return ReadPacket(query, world_, pipeline_); }
  std::string Refusal(const Query& query) {
    const auto packet = Read(query);
    return packet ? "accepted: " + packet->flow : packet.error().message;
  }
  // What the switch says of a packet that it sends to `output`.
  boost::json::object Hop(const Query& query, SwitchTrace trace) {
    const auto packet = Read(query);
    EXPECT_TRUE(packet) << packet.error().message;
    if (trace.steps.empty()) trace.steps.push_back({.table = "route"});
    if (trace.last_flow.empty())
      trace.last_flow = "tcp,in_port=1,dl_src=0a:00:00:00:00:01,dl_dst=0a:00:00:00:00:02,nw_ttl=63";
    return packet ? HopOf(*packet, trace, world_, pipeline_) : boost::json::object();
  }

  world::World world_;
  pipeline::Pipeline pipeline_{world_};
  const Query start_{{"from", "shop/web"}, {"to", "10.1.2.7"}, {"protocol", "tcp"}, {"port", "80"}};
  Query With(const std::string& name, const std::string& value) const {
    Query query = start_;
    query[name] = value;
    return query;
  }
};

TEST_F(TraceTest, BeginsAtAPod) {
  const auto packet = Read(start_);
  ASSERT_TRUE(packet) << packet.error().message;
  EXPECT_EQ(packet->entry, "from shop/web by port kv3");
  EXPECT_EQ(packet->flow,
            "in_port=19,tcp,tcp_src=40000,tcp_dst=80,tcp_flags=0x2,nw_src=10.1.1.3,nw_dst=10.1.2.7,"
            "dl_src=0a:58:0a:01:01:03,dl_dst=0a:58:a9:fe:01:01,nw_ttl=64");
  EXPECT_THAT(Read(With("protocol", "udp"))->flow,
              StartsWith("in_port=19,udp,udp_src=40000,udp_dst=80,nw_src="));
  EXPECT_THAT(Read({{"from", "shop/web"}, {"to", "fd00:2::7"}, {"protocol", "icmp"}})->flow,
              StartsWith("in_port=19,icmp6,icmpv6_type=128,icmpv6_code=0,ipv6_src=fd00:1::3,"
                         "ipv6_dst=fd00:2::7,"));
}

TEST_F(TraceTest, BeginsAtTheHostByItsRoute) {
  const auto packet = Read(With("from", "node"));
  ASSERT_TRUE(packet) << packet.error().message;
  EXPECT_EQ(packet->entry, "from the host node1");
  EXPECT_EQ(packet->from, At("10.1.1.1"));
  EXPECT_THAT(packet->flow, StartsWith("in_port=LOCAL,"));
  Query away = With("to", "192.0.2.1");
  away["from"] = "node";
  EXPECT_THAT(Refusal(away), HasSubstr("to: 192.0.2.1: the host node1 routes it itself"));
}

TEST_F(TraceTest, RefusesWhatIsWrongByItsName) {
  EXPECT_THAT(Refusal({}), StartsWith("to: missing"));
  EXPECT_THAT(Refusal(With("to", "10.1.2.7,in_port=5")), StartsWith("to: "));
  EXPECT_THAT(Refusal(With("protocol", "tcp,dl_vlan=7")), StartsWith("protocol: "));
  for (const char* port : {"", "0", "65536", "80 --ct-next", "-1", "0x"})
    EXPECT_THAT(Refusal(With("port", port)), StartsWith("port: ")) << port;
  EXPECT_THAT(Refusal(With("from", "shop/other")), HasSubstr("pod shop/other: not attached"));
  world_.ports.Put({.name = "kv4", .ofport = 20, .ips = {At("10.1.1.4")}, .pod = {"shop", "four"}});
  Query six = With("to", "fd00:2::7");
  six["from"] = "shop/four";
  EXPECT_THAT(Refusal(six), HasSubstr("has no address of fd00:2::7's family"));
  world_.ports.Put({.name = "kv4", .ofport = 0, .ips = {At("10.1.1.4")}, .pod = {"shop", "four"}});
  EXPECT_THAT(Refusal(With("from", "shop/four")),
              HasSubstr("has not assigned its port kv4 a number"));
}

TEST_F(TraceTest, GoesOnAtTheOtherEndOfTheTunnel) {
  const auto hop = Hop(start_, {.tunnel_to = "10.200.0.2", .tunnel_key = "0x7", .output = "1"});
  EXPECT_EQ(hop.at("outcome"), "forwarded");
  EXPECT_EQ(hop.at("verdict"), "into the tunnel to node2, 10.200.0.2");
  EXPECT_EQ(hop.at("next").at("node"), "node2");
  // node1 takes it for its own; the pair of addresses is the same.
  const auto packet = Read(Split(hop.at("next").at("packet").as_string()));
  ASSERT_TRUE(packet) << packet.error().message;
  EXPECT_EQ(packet->entry, "out of the tunnel from node1");
  EXPECT_EQ(packet->flow,
            "in_port=1,tcp,tcp_src=40000,tcp_dst=80,tcp_flags=0x2,nw_src=10.1.1.3,nw_dst=10.1.2.7,"
            "dl_src=0a:00:00:00:00:01,dl_dst=0a:00:00:00:00:02,nw_ttl=63,"
            "tun_id=0x7,tun_src=10.200.0.1,tun_dst=10.200.0.2");
}

TEST_F(TraceTest, RefusesAContinuationThatIsNone) {
  const auto hop = Hop(start_, {.tunnel_to = "10.200.0.2", .tunnel_key = "0x7", .output = "1"});
  const Query good = Split(hop.at("next").at("packet").as_string());
  for (const auto& [name, value] : good) {
    Query bad = good;
    bad[name] = value + ",x";
    EXPECT_THAT(Refusal(bad), StartsWith(name + ": "));
    bad.erase(name);
    EXPECT_THAT(Refusal(bad), StartsWith(name + ": missing"));
  }
  Query mixed = good;
  mixed["source"] = "fd00:1::3";
  EXPECT_THAT(Refusal(mixed), HasSubstr("another family"));
  Know(world::Overlay::kNone);
  EXPECT_THAT(Refusal(good), HasSubstr("no tunnel port"));
}

TEST_F(TraceTest, WithoutATunnelTheHostsCarryIt) {
  Know(world::Overlay::kNone);
  const auto hop = Hop(start_, {.output = "LOCAL"});
  EXPECT_EQ(hop.at("outcome"), "forwarded");
  EXPECT_EQ(hop.at("verdict"), "to the host node1, which routes it to node2");
  EXPECT_EQ(hop.at("next").at("node"), "node2");
  const auto packet = Read(Split(hop.at("next").at("packet").as_string()));
  ASSERT_TRUE(packet) << packet.error().message;
  EXPECT_EQ(packet->entry, "by the host, routed from node1");
  EXPECT_THAT(packet->flow, StartsWith("in_port=LOCAL,tcp,"));
}

TEST_F(TraceTest, SaysWhereItEnds) {
  const auto ends = [&](const char* to, SwitchTrace trace) {
    const auto hop = Hop(With("to", to), std::move(trace));
    EXPECT_FALSE(hop.contains("next"));
    return fmt::format("{}: {}", hop.at("outcome").as_string().c_str(),
                       hop.at("verdict").as_string().c_str());
  };
  EXPECT_EQ(ends("10.1.1.3", {.output = "19"}), "delivered: to shop/web by port kv3");
  EXPECT_EQ(ends("10.1.1.9", {.output = "77"}), "unknown: to port 77, which isn't a pod's");
  EXPECT_EQ(ends("10.1.1.9", {}), "dropped: dropped in table route");
  EXPECT_EQ(ends("10.200.0.1", {.output = "LOCAL"}), "host: to the host node1");
  EXPECT_EQ(ends("10.96.0.10", {.output = "LOCAL"}),
            "host: to the host node1, where kube-proxy forwards it to an endpoint of the Service");
  EXPECT_EQ(ends("192.0.2.1", {.output = "LOCAL"}),
            "host: to the host node1, which forwards it by its own routes");
  EXPECT_EQ(ends("10.1.2.7", {.tunnel_to = "10.200.0.9", .output = "1"}),
            "forwarded: into the tunnel to an unknown node, 10.200.0.9");
  const auto silent = HopOf(*Read(start_), {}, world_, pipeline_);
  EXPECT_EQ(silent.at("outcome"), "unknown");
}

TEST_F(TraceTest, NamesWhoseFlowsItMet) {
  uint64_t cookie = 0;
  pipeline_.ForEachOwner([&](uint64_t of, const pipeline::Owner& owner) {
    if (owner.rule == "route-node" && owner.row == "Node/node2") cookie = of;
  });
  const auto hop = Hop(start_, {.steps = {{.table = "route",
                                           .flow = "ip, priority 124",
                                           .cookie = fmt::format("{:#x}", cookie),
                                           .actions = {"dec_ttl"}},
                                          {.table = "route", .cookie = "0x1"}}});
  const auto& steps = hop.at("steps").as_array();
  EXPECT_EQ(steps.at(0).at("owner"), "route-node of VSwitchConfig/node2");
  EXPECT_EQ(steps.at(0).at("actions"), boost::json::array({"dec_ttl"}));
  EXPECT_EQ(steps.at(1).at("owner"), "");
}

TEST_F(TraceTest, NamesTheSettingThatDrops) {
  uint64_t cookie = 0;
  pipeline_.ForEachOwner([&](uint64_t of, const pipeline::Owner& owner) {
    if (owner.rule == "deny-metadata") cookie = of;
  });
  const auto hop = Hop(With("to", "169.254.169.254"),
                       {.steps = {{.table = "track", .cookie = fmt::format("{:#x}", cookie)}}});
  EXPECT_EQ(hop.at("outcome"), "dropped");
  EXPECT_EQ(hop.at("verdict"),
            "dropped in table track: metadataAccess in ConfigMap kube-system/k-vswitch is deny");
}

}  // namespace
}  // namespace kvs::agent
