#include "apply/targets/pod_port_target.h"

#include <gtest/gtest.h>

#include "ovsdb/attachment.h"

namespace kvs::apply {
namespace {

ovsdb::Attachment Pod(const std::string& name) {
  return {.container = "c-" + name,
          .ifname = "eth0",
          .netns = "/run/netns/" + name,
          .pod = {"default", name},
          .network = "k-vswitch",
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

using Time = PodPortPlan::Time;

struct Node {
  ovsdb::Replica replica;
  std::vector<netlink::Link> links;
  uint8_t next = 1;
  PodPortPlan plan;

  Node() { AddTo("k-vswitch0"); }

  ovsdb::Bridge AddTo(const std::string& bridge) {
    ovsdb::Uuid uuid;
    uuid.bytes[1] = next++;
    replica.bridges.Put({.uuid = uuid, .name = bridge});
    return *replica.bridges.Find(bridge);
  }
  void AddPort(const std::string& name, const ovsdb::StringMap& ids,
               const std::string& on = "k-vswitch0") {
    ovsdb::Uuid uuid;
    uuid.bytes[0] = next++;
    ovsdb::Bridge bridge = *replica.bridges.Find(on);
    bridge.ports.insert(uuid);
    replica.bridges.Put(bridge);
    replica.ports.Put({.uuid = uuid, .name = name});
    ovsdb::Interface interface { .uuid = uuid, .name = name };
    interface.external_ids = ids;
    replica.interfaces.Put(interface);
  }
  std::vector<PodPort> At(int milliseconds) {
    return plan.Update(Time(milliseconds), replica, links).value_or(std::vector<PodPort>());
  }
  size_t Operations(const PodPort* before, const PodPort* now) {
    const auto transaction = TransactionFor({before, now}, replica);
    return transaction ? transaction->operations().size() : 0;
  }
};

const PodPort kHealthy{"kv3", ""};

TEST(PodPortPlan, APodWithPortAndLinkIsAsItShouldBe) {
  Node node;
  node.AddPort("kv3", Pod("web").ToExternalIds());
  node.AddPort("overlay0", {});  // not a pod's: none of our business
  node.links = {LinkOf("kv3", ovsdb::kLiveLinkGroup, *Pod("web").ToAlias())};
  for (const int time : {0, 100000}) EXPECT_EQ(node.At(time), std::vector{kHealthy});
  EXPECT_FALSE(node.plan.next());
}

TEST(PodPortPlan, APortWithoutLinkGoesWhenThatLasts) {
  for (const auto& links : {std::vector<netlink::Link>(),
                            {LinkOf("kv3", ovsdb::kDefunctLinkGroup, *Pod("web").ToAlias())}}) {
    Node node;
    node.AddPort("kv3", Pod("web").ToExternalIds());
    node.links = links;
    EXPECT_EQ(node.At(0), std::vector{kHealthy}) << "a DEL may be at work";
    EXPECT_EQ(node.plan.next(), Time(11000));
    EXPECT_EQ(node.At(10999), std::vector{kHealthy});
    EXPECT_TRUE(node.At(11000).empty());
    EXPECT_GT(node.Operations(&kHealthy, nullptr), 0u);
  }
}

// Whatever became of a link's group, it is there, and so is its pod.
TEST(PodPortPlan, ALinkInAnotherGroupKeepsItsPort) {
  Node node;
  node.AddPort("kv3", Pod("web").ToExternalIds());
  node.links = {LinkOf("kv3", 0, *Pod("web").ToAlias())};
  node.At(0);
  EXPECT_EQ(node.At(100000), std::vector{kHealthy});
}

TEST(PodPortPlan, AFaultThatEndsIsForgotten) {
  Node node;
  node.AddPort("kv3", Pod("web").ToExternalIds());
  node.At(0);
  node.links = {LinkOf("kv3", ovsdb::kLiveLinkGroup, *Pod("web").ToAlias())};
  node.At(5000);
  node.links.clear();
  node.At(6000);
  EXPECT_EQ(node.At(16999), std::vector{kHealthy});
  EXPECT_TRUE(node.At(17000).empty());
}

TEST(PodPortPlan, AfterOvsdbWasLostTheLinksTellThePods) {
  Node node;
  const std::string alias = *Pod("web").ToAlias();
  node.links = {LinkOf("kv3", ovsdb::kLiveLinkGroup, alias),
                LinkOf("kvff", ovsdb::kLiveLinkGroup, "somebody else's"), LinkOf("eth7", 0, alias)};
  EXPECT_TRUE(node.At(0).empty()) << "an ADD may be at work";
  const PodPort restored{"kv3", alias};
  EXPECT_EQ(node.At(3000), std::vector{restored});
  EXPECT_GT(node.Operations(nullptr, &restored), 0u);
}

TEST(PodPortPlan, AlsoThoseOfTheLongestNames) {
  Node node;
  ovsdb::Attachment pod = Pod(std::string(253, 'p'));
  pod.container = std::string(64, 'c');
  netlink::Link& link =
      node.links.emplace_back(LinkOf("kv3", ovsdb::kLiveLinkGroup, pod.ToAlias().value()));
  link.alt_names = pod.ToAltNames("kv3");
  node.At(0);
  const auto wanted = node.At(3000);
  ASSERT_EQ(wanted.size(), 1u);
  EXPECT_EQ(ovsdb::Attachment::FromAlias(wanted[0].alias)->pod, pod.pod);
  EXPECT_GT(node.Operations(nullptr, wanted.data()), 0u);
}

TEST(PodPortPlan, APortThatWasMadeAgainWithoutItsPodIsTold) {
  Node node;
  const PodPort restored{"kv3", *Pod("web").ToAlias()};
  node.AddPort("kv3", {{"somebody", "else's key"}});
  node.links = {LinkOf("kv3", ovsdb::kLiveLinkGroup, restored.alias)};
  node.At(0);
  EXPECT_EQ(node.At(3000), std::vector{restored});
  const auto transaction = TransactionFor({nullptr, &restored}, node.replica);
  ASSERT_TRUE(transaction);
  ASSERT_FALSE(transaction->operations().empty());
  std::string json;
  for (const auto& operation : transaction->operations()) {
    EXPECT_EQ(operation.what.find("insert"), std::string::npos) << operation.what;
    json += operation.json;
  }
  EXPECT_NE(json.find(R"(["kvs.network","k-vswitch"])"), std::string::npos)
      << "else no GC would collect it: " << json;
}

TEST(PodPortPlan, APortOnAnotherBridgeIsLeftAndToldWithTheRemedy) {
  Node node;
  node.AddTo("br-ex");
  const PodPort restored{"kv3", *Pod("web").ToAlias()};
  node.AddPort("kv3", {}, "br-ex");
  const auto transaction = TransactionFor({nullptr, &restored}, node.replica);
  ASSERT_FALSE(transaction);
  EXPECT_NE(transaction.error().message.find("ovs-vsctl del-port kv3"), std::string::npos);
}

// The plan follows OVSDB: what it says of a port that is there asks for nothing.
TEST(PodPortPlan, WhatIsThereAsksForNothing) {
  Node node;
  EXPECT_EQ(node.Operations(&kHealthy, nullptr), 0u) << "gone already";
  node.AddPort("kv3", Pod("web").ToExternalIds());
  EXPECT_EQ(node.Operations(nullptr, &kHealthy), 0u);
}

// The plugin of an earlier build said addresses in one key only.
TEST(PodPortPlan, AddressesThatAreNotKeysBecomeSome) {
  Node node;
  ovsdb::StringMap ids = Pod("web").ToExternalIds();
  ASSERT_EQ(ids.erase("kvs.ip/10.244.1.3"), 1u);
  node.AddPort("kv3", ids);
  EXPECT_GT(node.Operations(&kHealthy, &kHealthy), 0u);
}

TEST(PodPortPlan, WithoutABridgeNothingIsKnown) {
  EXPECT_FALSE(PodPortPlan().Update(Time(0), {}, {}));
}

}  // namespace
}  // namespace kvs::apply
