#include "apply/targets/bridge_target.h"

#include <gtest/gtest.h>

namespace kvs::apply {
namespace {

ovsdb::Uuid Id(uint8_t n) {
  ovsdb::Uuid uuid;
  uuid.bytes[15] = n;
  return uuid;
}

BridgeConfig Wanted() {
  BridgeConfig wanted{
      .name = "k-vswitch0", .datapath_type = "netdev", .hwaddr = *Mac::Parse("0e:6b:76:00:00:01")};
  wanted.facts = {.node = "node1",
                  .pod_ranges = {*Prefix::Parse("10.244.1.0/24")},
                  .mtu = 1450,
                  .datapath = ovsdb::BridgeFacts::Datapath::kNetdev,
                  .agent_ready = true};
  return wanted;
}

const pipeline::TunnelPort kTunnel{
    "overlay0", "vxlan", {{"remote_ip", "flow"}, {"key", "flow"}}, 1};

// OVSDB as it is once all that is wanted stands there.
ovsdb::Replica There(const BridgeConfig& wanted) {
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
  tunnel.ofport_request = 1;
  tunnel.options = {{"remote_ip", "flow"}, {"key", "flow"}};
  replica.interfaces.Put(tunnel);
  return replica;
}

size_t Operations(const BridgeConfig& wanted, const ovsdb::Replica& there) {
  return TransactionFor(wanted, there).operations().size();
}

TEST(BridgeTarget, NothingIsSentWhenAllIsThere) {
  EXPECT_EQ(Operations(Wanted(), There(Wanted())), 0u);
  EXPECT_FALSE(FindConflict(Wanted(), There(Wanted())));
}

TEST(BridgeTarget, IsMadeWhereThereIsNone) {
  ovsdb::Replica empty;
  EXPECT_EQ(Operations(Wanted(), empty), 0u) << "a database without its root row is not ready";
  empty.open_vswitch.Put({.uuid = Id(1)});
  EXPECT_GT(Operations(Wanted(), empty), 0u);
}

TEST(BridgeTarget, OfSomebodyElseIsAConflict) {
  auto replica = There(Wanted());
  auto bridge = *replica.bridges.Find("k-vswitch0");
  bridge.external_ids = {{"neutron", "yes"}};
  bridge.other_config.clear();
  replica.bridges.Put(bridge);
  const auto foreign = FindConflict(Wanted(), replica);
  ASSERT_TRUE(foreign);
  EXPECT_NE(foreign->message.find("ovs-vsctl del-br"), std::string::npos);
  EXPECT_TRUE(foreign->blocking);

  auto other = Wanted();
  other.facts.node = "node2";
  const auto renamed = FindConflict(other, There(Wanted()));
  ASSERT_TRUE(renamed);
  EXPECT_NE(renamed->message.find("\"node1\""), std::string::npos);
}

// Pods live on it: whoever has removed the key, it is put back.
TEST(BridgeTarget, WithoutItsKeyIsStillOursByAllElse) {
  const auto pod_port = [](ovsdb::Replica& replica) {
    replica.ports.Put({.uuid = Id(7), .name = "kv3", .interfaces = {Id(8)}});
    ovsdb::Interface interface { .uuid = Id(8), .name = "kv3" };
    interface.external_ids = {{"kvs.container", "c1"}, {"kvs.ifname", "eth0"}};
    replica.interfaces.Put(interface);
  };
  const std::pair<const char*, std::function<void(ovsdb::Bridge&)>> traces[] = {
      {"facts",
       [](auto& bridge) {
         bridge.external_ids = {{"kvs.mtu", "1450"}};
       }},
      {"MAC",
       [](auto& bridge) {
         bridge.other_config = {{"hwaddr", "0e:6b:76:00:00:01"}};
       }},
      {"pod", [](auto& bridge) { bridge.ports.insert(Id(7)); }},
  };
  for (const auto& [name, leave] : traces) {
    auto replica = There(Wanted());
    pod_port(replica);
    auto bridge = *replica.bridges.Find("k-vswitch0");
    bridge.external_ids.clear();
    bridge.other_config.clear();
    replica.bridges.Put(bridge);
    EXPECT_TRUE(FindConflict(Wanted(), replica)) << "the port is on another bridge";
    leave(bridge);
    replica.bridges.Put(bridge);
    EXPECT_FALSE(FindConflict(Wanted(), replica)) << name;
    EXPECT_GT(Operations(Wanted(), replica), 0u) << name;
    auto other = Wanted();
    other.facts.node = "node2";
    bridge.external_ids["kvs.node"] = "node1";
    replica.bridges.Put(bridge);
    EXPECT_TRUE(FindConflict(other, replica)) << name;
  }
}

// Whatever is changed behind our back, there is something to send.
TEST(BridgeTarget, EveryDifferenceIsMended) {
  const std::pair<const char*, std::function<void(ovsdb::Bridge&)>> faults[] = {
      {"fail mode", [](auto& bridge) { bridge.fail_mode = "standalone"; }},
      {"datapath", [](auto& bridge) { bridge.datapath_type = ""; }},
      {"protocols", [](auto& bridge) { bridge.protocols = {}; }},
      {"STP", [](auto& bridge) { bridge.stp_enable = true; }},
      {"RSTP", [](auto& bridge) { bridge.rstp_enable = true; }},
      {"MAC", [](auto& bridge) { bridge.other_config.clear(); }},
      {"a fact", [](auto& bridge) { bridge.external_ids["kvs.mtu"] = "9000"; }},
  };
  for (const auto& [name, fault] : faults) {
    auto replica = There(Wanted());
    auto bridge = *replica.bridges.Find("k-vswitch0");
    fault(bridge);
    replica.bridges.Put(bridge);
    EXPECT_GT(Operations(Wanted(), replica), 0u) << name;
  }
}

TEST(BridgeTarget, LinkKeepsIpv6HoweverSmallTheUnderlay) {
  BridgeConfig wanted = Wanted();
  wanted.facts.mtu = 1250;
  EXPECT_EQ(Operations(wanted, There(wanted)), 0u) << "IPv4 takes what there is";
  wanted.facts.pod_ranges.push_back(*Prefix::Parse("fd00:10:244:1::/64"));
  ovsdb::Replica there = There(wanted);
  EXPECT_EQ(Operations(wanted, there), 1u);
  ovsdb::Interface local = *there.interfaces.Find(wanted.name);
  local.mtu_request = 1280;
  there.interfaces.Put(local);
  EXPECT_EQ(Operations(wanted, there), 0u);
}

TEST(BridgeTarget, TablesGetTheirPrefixes) {
  BridgeConfig wanted = Wanted();
  ovsdb::Replica there = There(wanted);
  wanted.prefixes = {{0, {"ip_src", "ipv6_src"}}};
  EXPECT_EQ(Operations(wanted, there), 2u) << "a row, and the bridge's reference to it";

  ovsdb::Bridge bridge = *there.bridges.Find(wanted.name);
  bridge.flow_tables = {{0, Id(9)}};
  there.bridges.Put(bridge);
  there.flow_tables.Put({.uuid = Id(9), .prefixes = {"ipv6_src", "ip_src"}});
  EXPECT_EQ(Operations(wanted, there), 0u);
  there.flow_tables.Put({.uuid = Id(9), .prefixes = {"ip_src"}});
  EXPECT_EQ(Operations(wanted, there), 1u);
}

TEST(BridgeTarget, PromiseIsTakenBack) {
  auto wanted = Wanted();
  wanted.facts.agent_ready = false;
  EXPECT_EQ(Operations(wanted, There(Wanted())), 1u);  // the removal of the key
}

TEST(TunnelTarget, IsFoundAsItWasMade) {
  const auto found = FindTunnel(There(Wanted()));
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->whole);
  EXPECT_EQ(found->item, kTunnel);
}

TEST(TunnelTarget, EveryDifferenceIsSeen) {
  const std::pair<const char*, std::function<void(ovsdb::Bridge&, ovsdb::Interface&)>> faults[] = {
      {"type", [](auto&, auto& tunnel) { tunnel.type = "gre"; }},
      {"options", [](auto&, auto& tunnel) { tunnel.options.erase("key"); }},
      {"number", [](auto&, auto& tunnel) { tunnel.ofport_request = 9; }},
      {"port", [](auto& bridge, auto&) { bridge.ports.erase(Id(4)); }},
  };
  for (const auto& [name, fault] : faults) {
    auto replica = There(Wanted());
    auto bridge = *replica.bridges.Find("k-vswitch0");
    auto tunnel = *replica.interfaces.Find("overlay0");
    fault(bridge, tunnel);
    replica.bridges.Put(bridge);
    replica.interfaces.Put(tunnel);
    const auto found = FindTunnel(replica);
    EXPECT_FALSE(found && found->item == kTunnel) << name;
    EXPECT_GT(TransactionFor({nullptr, &kTunnel}, replica).operations().size(), 0u) << name;
  }
}

TEST(TunnelTarget, GoesWhereNoneIsWanted) {
  EXPECT_GT(TransactionFor({&kTunnel, nullptr}, There(Wanted())).operations().size(), 0u);
}

}  // namespace
}  // namespace kvs::apply
