#include "apply/port_keeper.h"

#include <gtest/gtest.h>

#include "apply/nat_applier.h"
#include "ovsdb/attachment.h"

namespace kvs::apply {
namespace {

ovsdb::Attachment Pod(const std::string& name) {
  return {.container = "c-" + name,
          .ifname = "eth0",
          .netns = "/run/netns/" + name,
          .pod = "default/" + name,
          .ips = {*Ip::Parse("10.244.1.3")},
          .mac = *Mac::Parse("0a:58:0a:f4:01:03")};
}

netlink::Link LinkOf(const std::string& name, uint32_t group, const std::string& alias) {
  netlink::Link link;
  link.name = name;
  link.group = group;
  link.alias = alias;
  return link;
}

struct Node {
  ovsdb::Bridge bridge;
  ovsdb::Replica replica;
  uint8_t next = 1;

  void AddPort(const std::string& name, const ovsdb::StringMap& ids) {
    ovsdb::Uuid uuid;
    uuid.bytes[0] = next++;
    bridge.ports.insert(uuid);
    replica.ports.Put({.uuid = uuid, .name = name});
    ovsdb::Interface interface { .uuid = uuid, .name = name };
    interface.external_ids = ids;
    replica.interfaces.Put(interface);
  }
};

TEST(PortFaults, APodWithPortAndLinkIsNone) {
  Node node;
  node.AddPort("kv3", Pod("web").ToExternalIds());
  const auto faults =
      FindPortFaults(node.bridge, node.replica, {LinkOf("kv3", kLiveGroup, *Pod("web").ToAlias())});
  EXPECT_TRUE(faults.without_link.empty());
  EXPECT_TRUE(faults.without_port.empty());
}

TEST(PortFaults, AfterARebootThePortsHaveNoLinks) {
  Node node;
  node.AddPort("kv3", Pod("web").ToExternalIds());
  node.AddPort("overlay0", {});  // not a pod's: none of our business
  EXPECT_EQ(FindPortFaults(node.bridge, node.replica, {}).without_link,
            std::vector<std::string>{"kv3"});
}

TEST(PortFaults, ALinkThatADeleteLeftForUsIsNoLivePod) {
  Node node;
  node.AddPort("kv3", Pod("web").ToExternalIds());
  const auto faults =
      FindPortFaults(node.bridge, node.replica, {LinkOf("kv3", kDeadGroup, *Pod("web").ToAlias())});
  EXPECT_EQ(faults.without_link.size(), 1u);
  EXPECT_TRUE(faults.without_port.empty());
}

TEST(PortFaults, AfterOvsdbWasLostTheLinksTellThePods) {
  Node node;
  const auto faults =
      FindPortFaults(node.bridge, node.replica,
                     {LinkOf("kv3", kLiveGroup, *Pod("web").ToAlias()), LinkOf("eth0", 0, ""),
                      LinkOf("foreign", kLiveGroup, "not one of ours")});
  ASSERT_EQ(faults.without_port.size(), 1u);
  EXPECT_EQ(faults.without_port[0].name, "kv3");
}

TEST(Nat, RulesetReplacesTheTableAsAWhole) {
  EXPECT_EQ(
      NatRuleset({{.source = *Prefix::Parse("10.244.1.0/24"),
                   .except = {*Prefix::Parse("10.244.0.0/16"), *Prefix::Parse("10.96.0.0/12")}},
                  {.source = *Prefix::Parse("fd00:1::/64"), .except = {}}},
                 {{*Prefix::Parse("10.244.0.0/16")}, {*Prefix::Parse("fd00:2::5/128")}},
                 "k-vswitch0"),
      "add table inet k-vswitch\n"
      "delete table inet k-vswitch\n"
      "add table inet k-vswitch\n"
      "add chain inet k-vswitch postrouting { type nat hook postrouting priority 100; policy "
      "accept; }\n"
      "add rule inet k-vswitch postrouting ip saddr 10.244.1.0/24 ip daddr != { 10.244.0.0/16, "
      "10.96.0.0/12 } "
      "oifname != \"k-vswitch0\" masquerade\n"
      "add rule inet k-vswitch postrouting ip6 saddr fd00:1::/64 oifname != \"k-vswitch0\" "
      "masquerade\n"
      "add chain inet k-vswitch forward { type filter hook forward priority -10; policy accept; "
      "}\n"
      "add rule inet k-vswitch forward ip saddr 10.244.0.0/16 iifname != \"k-vswitch0\" oifname "
      "\"k-vswitch0\" drop\n"
      "add rule inet k-vswitch forward ip6 saddr fd00:2::5/128 iifname != \"k-vswitch0\" oifname "
      "\"k-vswitch0\" drop\n");
}

}  // namespace
}  // namespace kvs::apply
