#include "apply/bridge_applier.h"

#include <gtest/gtest.h>

namespace kvs::apply {
namespace {

ovsdb::Uuid Id(uint8_t n) {
  ovsdb::Uuid uuid;
  uuid.bytes[15] = n;
  return uuid;
}

WantedBridge Wanted() {
  WantedBridge wanted{
      .name = "k-vswitch0", .datapath_type = "netdev", .hwaddr = *Mac::Parse("0e:6b:76:00:00:01")};
  wanted.facts = {.node = "node1",
                  .pod_ranges = {*Prefix::Parse("10.244.1.0/24")},
                  .mtu = 1450,
                  .datapath = ovsdb::BridgeFacts::Datapath::kNetdev,
                  .agent_ready = true};
  wanted.tunnel_known = true;
  wanted.tunnel =
      WantedBridge::Tunnel{"overlay0", "vxlan", {{"remote_ip", "flow"}, {"key", "flow"}}, 1};
  return wanted;
}

// OVSDB as it is once all that is wanted stands there.
ovsdb::Replica There(const WantedBridge& wanted) {
  ovsdb::Replica replica;
  ovsdb::Bridge bridge{.uuid = Id(2), .name = wanted.name, .ports = {Id(3), Id(4)}};
  bridge.datapath_type = wanted.datapath_type;
  bridge.fail_mode = "secure";
  bridge.protocols = {"OpenFlow10", "OpenFlow13", "OpenFlow15"};
  bridge.other_config = {{"hwaddr", wanted.hwaddr.ToString()}};
  bridge.external_ids = wanted.facts.ToExternalIds();
  replica.open_vswitch.Put({.uuid = Id(1), .bridges = {Id(2)}});
  replica.bridges.Put(bridge);
  replica.ports.Put({.uuid = Id(3), .name = wanted.name, .interfaces = {Id(5)}});
  ovsdb::Interface local{.uuid = Id(5), .name = wanted.name, .type = "internal"};
  local.mtu_request = wanted.facts.mtu;
  replica.interfaces.Put(local);
  replica.ports.Put({.uuid = Id(4), .name = "overlay0", .interfaces = {Id(6)}});
  ovsdb::Interface tunnel{.uuid = Id(6), .name = "overlay0", .type = "vxlan"};
  tunnel.options = {{"remote_ip", "flow"}, {"key", "flow"}};
  replica.interfaces.Put(tunnel);
  return replica;
}

size_t Operations(const BridgeChange& change) { return change.transaction.operations().size(); }

TEST(Bridge, NothingIsSentWhenAllIsThere) {
  const auto change = Compare(Wanted(), There(Wanted()));
  EXPECT_EQ(Operations(change), 0u);
  EXPECT_FALSE(change.problem);
}

// An agent that starts is connected to OVSDB before it knows the node's configuration.
TEST(Bridge, TheTunnelStaysUntilItIsKnownWhetherOneIsWanted) {
  const ovsdb::Replica there = There(Wanted());
  WantedBridge unknown = Wanted();
  unknown.tunnel.reset();
  unknown.tunnel_known = false;
  EXPECT_EQ(Operations(Compare(unknown, there)), 0u);
  unknown.tunnel_known = true;
  EXPECT_GT(Operations(Compare(unknown, there)), 0u) << "overlay none has no tunnel";
}

TEST(Bridge, IsMadeWhereThereIsNone) {
  ovsdb::Replica empty;
  EXPECT_EQ(Operations(Compare(Wanted(), empty)), 0u)
      << "a database without its root row is not ready";
  empty.open_vswitch.Put({.uuid = Id(1)});
  EXPECT_GT(Operations(Compare(Wanted(), empty)), 0u);
}

TEST(Bridge, OfSomebodyElseIsLeftAlone) {
  auto replica = There(Wanted());
  auto bridge = *replica.bridges.Find("k-vswitch0");
  bridge.external_ids.clear();
  replica.bridges.Put(bridge);
  const auto foreign = Compare(Wanted(), replica);
  EXPECT_EQ(Operations(foreign), 0u);
  ASSERT_TRUE(foreign.problem);
  EXPECT_NE(foreign.problem->message.find("ovs-vsctl del-br"), std::string::npos);

  auto other = Wanted();
  other.facts.node = "node2";
  const auto renamed = Compare(other, There(Wanted()));
  EXPECT_EQ(Operations(renamed), 0u);
  ASSERT_TRUE(renamed.problem);
  EXPECT_NE(renamed.problem->message.find("\"node1\""), std::string::npos);
}

// Whatever is changed behind our back, there is something to send.
TEST(Bridge, EveryDifferenceIsMended) {
  const std::pair<const char*, std::function<void(ovsdb::Bridge&, ovsdb::Interface&)>> faults[] = {
      {"fail mode", [](auto& b, auto&) { b.fail_mode = "standalone"; }},
      {"datapath", [](auto& b, auto&) { b.datapath_type = ""; }},
      {"protocols", [](auto& b, auto&) { b.protocols = {}; }},
      {"MAC", [](auto& b, auto&) { b.other_config.clear(); }},
      {"a fact", [](auto& b, auto&) { b.external_ids["kvs.mtu"] = "9000"; }},
      {"tunnel type", [](auto&, auto& t) { t.type = "gre"; }},
      {"tunnel options", [](auto&, auto& t) { t.options.erase("key"); }},
      {"tunnel port", [](auto& b, auto&) { b.ports.erase(Id(4)); }},
  };
  for (const auto& [name, fault] : faults) {
    auto replica = There(Wanted());
    auto bridge = *replica.bridges.Find("k-vswitch0");
    auto tunnel = *replica.interfaces.Find("overlay0");
    fault(bridge, tunnel);
    replica.bridges.Put(bridge);
    replica.interfaces.Put(tunnel);
    EXPECT_GT(Operations(Compare(Wanted(), replica)), 0u) << name;
  }
}

TEST(Bridge, LinkKeepsIpv6HoweverSmallTheUnderlay) {
  WantedBridge wanted = Wanted();
  wanted.facts.mtu = 1250;
  EXPECT_EQ(Operations(Compare(wanted, There(wanted))), 0u) << "IPv4 takes what there is";
  wanted.facts.pod_ranges.push_back(*Prefix::Parse("fd00:10:244:1::/64"));
  ovsdb::Replica there = There(wanted);
  EXPECT_EQ(Operations(Compare(wanted, there)), 1u);
  ovsdb::Interface local = *there.interfaces.Find(wanted.name);
  local.mtu_request = 1280;
  there.interfaces.Put(local);
  EXPECT_EQ(Operations(Compare(wanted, there)), 0u);
}

TEST(Bridge, PromiseIsTakenBack) {
  auto wanted = Wanted();
  wanted.facts.agent_ready = false;
  EXPECT_EQ(Operations(Compare(wanted, There(Wanted()))),
            1u);  // the removal of the key
}

TEST(Bridge, WithoutOverlayHasNoTunnelPort) {
  auto wanted = Wanted();
  wanted.tunnel.reset();
  EXPECT_GT(Operations(Compare(wanted, There(Wanted()))), 0u);
}

}  // namespace
}  // namespace kvs::apply
