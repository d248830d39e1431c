#include "feed/node_feed.h"

#include <gtest/gtest.h>

#include <chrono>

#include "io/test_loop.h"

namespace kvs::feed {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTimeout(50);

// Hands the test what the feed asked for.
struct FakeSource : kube::Source {
  std::unique_ptr<kube::Subscription> Watch(kube::Kind, kube::WatchHandlers wanted) override {
    handlers = std::move(wanted);
    return std::make_unique<kube::Subscription>();
  }
  std::unique_ptr<kube::Subscription> WatchProblems(OnProblems) override { return nullptr; }
  void Apply(const kube::Object&, std::string_view, Done) override {}
  void Delete(kube::Kind, const std::string&, std::string_view, Done) override {}
  void Report(const kube::Event&) override {}

  kube::WatchHandlers handlers;
};

class NodeFeedTest : public testing::Test {
 protected:
  NodeFeedTest() {
    for (const char* name : {"node1", "node2", "node3"}) Put(name);
    source_.handlers.on_synced();
    feed_.Update({});
  }
  void Put(const std::string& name) {
    kube::VSwitchConfig config;
    config.meta.name = name;
    source_.handlers.on_put(config);
  }
  void Erase(const std::string& name) { source_.handlers.on_erase(name); }
  void Pass(milliseconds time) {
    loop_.Advance(time);
    feed_.Update({});
  }

  io::TestLoop loop_;
  FakeSource source_;
  world::World world_;
  NodeFeed feed_{loop_, source_, "node2", world_, [] {}, kTimeout};
};

TEST_F(NodeFeedTest, ANodeThatIsDeletedIsGoneAfterAWhile) {
  Erase("node3");
  Pass(kTimeout - milliseconds(1));
  EXPECT_EQ(world_.nodes.size(), 3u);
  Pass(milliseconds(1));
  EXPECT_EQ(world_.nodes.size(), 2u);
  EXPECT_EQ(feed_.accepted().size(), 2u);
}

TEST_F(NodeFeedTest, TheStatusOfAnotherNodeIsNoChange) {
  int changes = 0;
  NodeFeed feed(loop_, source_, "node2", world_, [&] { ++changes; });
  kube::VSwitchConfig config;
  const auto put = [&](const char* name) {
    config.meta.name = name;
    source_.handlers.on_put(config);
    return std::exchange(changes, 0);
  };
  EXPECT_EQ(put("node2"), 1);
  EXPECT_EQ(put("node3"), 1);
  config.status.pods = 7;
  EXPECT_EQ(put("node3"), 0);
  EXPECT_EQ(put("node2"), 1);
  EXPECT_EQ(feed.own()->status.pods, 7);
  config.spec.pod_cidrs = {*Prefix::Parse("10.244.3.0/24")};
  EXPECT_EQ(put("node3"), 1);
}

// node2 is this node; the API server's address may be this node's own, too.
TEST_F(NodeFeedTest, NoNodesPodsHaveTheApiServersAddress) {
  for (const char* name : {"node2", "node3"}) {
    SCOPED_TRACE(name);
    kube::VSwitchConfig config;
    config.meta.name = name;
    config.spec.pod_cidrs = {*Prefix::Parse("10.244.3.0/24")};
    source_.handlers.on_put(config);
    feed_.Update({}, {*Ip::Parse("10.244.3.9")});
    ASSERT_EQ(feed_.problems().size(), 1u);
    EXPECT_EQ(feed_.problems()[0].ToString(),
              std::string("VSwitchConfig/") + name +
                  " spec.podCIDRs: 10.244.3.0/24 contains 10.244.3.9, which is the API server's; "
                  "refused: the last accepted value is used");
    EXPECT_TRUE(world_.nodes.Find(name)->pod_ranges.empty());
    feed_.Update({}, {*Ip::Parse("10.200.0.9")});
    EXPECT_TRUE(feed_.problems().empty()) << "once it has another";
    EXPECT_EQ(world_.nodes.Find(name)->pod_ranges, config.spec.pod_cidrs);
    Put(name);
  }
}

TEST_F(NodeFeedTest, WhatIsRefusedStaysAsItWas) {
  const auto put = [&](const char* range, const char* overlay) {
    kube::VSwitchConfig config;
    config.meta.name = "node3";
    config.spec.pod_cidrs = {*Prefix::Parse(range)};
    config.spec.overlay_ips = {*Ip::Parse(overlay)};
    source_.handlers.on_put(config);
    feed_.Update({{*Ip::Parse("10.200.0.254"), "this node's gateway"}});
    return *world_.nodes.Find("node3");
  };
  const world::Node good = put("10.244.3.0/24", "10.200.0.3");
  EXPECT_TRUE(feed_.problems().empty());
  for (const char* range : {"10.200.0.0/24", "10.200.0.254/31", "10.200.0.3/32", "0.0.0.0/0",
                            "127.0.0.0/8", "169.254.0.0/24", "224.0.0.0/8", "10.0.0.0/8"}) {
    SCOPED_TRACE(range);
    EXPECT_EQ(put(range, "10.200.0.3"), good);
    ASSERT_EQ(feed_.problems().size(), 1u);
    EXPECT_EQ(feed_.problems()[0].field, "spec.podCIDRs");
  }
  for (const char* overlay : {"127.0.0.1", "224.0.0.1", "255.255.255.255", "0.0.0.0", "::1",
                              "::ffff:10.0.0.1", "fe80::1"}) {
    SCOPED_TRACE(overlay);
    EXPECT_EQ(put("10.244.3.0/24", overlay), good);
    ASSERT_EQ(feed_.problems().size(), 1u);
    EXPECT_EQ(feed_.problems()[0].field, "spec.overlayIPs");
  }
  EXPECT_EQ(put("10.244.9.0/24", "10.200.0.3").pod_ranges.front(), *Prefix::Parse("10.244.9.0/24"));
  EXPECT_TRUE(feed_.problems().empty());
}

// Whoever chose it: a delegated IPAM plugin knows of nobody.
TEST_F(NodeFeedTest, NoPodHasAnAddressOfSomebodyElse) {
  kube::VSwitchConfig own, other;
  own.meta.name = "node2";
  own.spec.pod_cidrs = {*Prefix::Parse("10.244.1.0/24")};
  own.spec.overlay_ips = {*Ip::Parse("10.200.0.1")};
  own.spec.service_cidrs = {*Prefix::Parse("10.96.0.0/16")};
  other.meta.name = "node3";
  other.spec.pod_cidrs = {*Prefix::Parse("10.244.3.0/24"), *Prefix::Parse("fd00:3::/64")};
  other.spec.overlay_ips = {*Ip::Parse("10.200.0.3"), *Ip::Parse("fd00:200::3")};
  source_.handlers.on_put(own);
  source_.handlers.on_put(other);
  feed_.Update({{*Ip::Parse("10.200.0.254"), "this node's default gateway"}},
               {*Ip::Parse("10.200.0.9")});
  EXPECT_EQ(feed_.ObjectionToPod(*Ip::Parse("10.200.0.3")),
            "10.200.0.3 is the overlay address of node node3 and can't be a pod's; choose another "
            "address");
  EXPECT_EQ(feed_.ObjectionToPod(*Ip::Parse("10.244.3.7")),
            "10.244.3.7 is in 10.244.3.0/24,fd00:3::/64, the pod range of node node3; choose "
            "another address");
  EXPECT_EQ(feed_.ObjectionToPod(*Ip::Parse("10.96.0.1")),
            "10.96.0.1 is in 10.96.0.0/16, the range of Services; choose another address");
  for (const char* ip : {"10.200.0.1", "10.200.0.9", "10.200.0.254", "fd00:200::3", "fd00:3::1",
                         "0.0.0.0", "127.0.0.1", "169.254.169.254", "224.0.0.5", "255.255.255.255",
                         "::", "::1", "fe80::5", "ff02::1", "::ffff:10.244.1.177"})
    EXPECT_NE(feed_.ObjectionToPod(*Ip::Parse(ip)), "") << ip;
  for (const char* ip : {"10.244.1.7", "192.168.7.7", "8.8.8.8", "fd00:9::9"})
    EXPECT_EQ(feed_.ObjectionToPod(*Ip::Parse(ip)), "") << ip;
}

TEST_F(NodeFeedTest, WhoIsRefusedFromTheBeginningHasNothing) {
  kube::VSwitchConfig config;
  config.meta.name = "stranger";
  config.spec.pod_cidrs = {*Prefix::Parse("10.200.0.0/24")};
  source_.handlers.on_put(config);
  feed_.Update({{*Ip::Parse("10.200.0.1"), "this node's"}});
  EXPECT_TRUE(world_.nodes.Find("stranger")->pod_ranges.empty());
  EXPECT_NE(feed_.problems().front().message.find("contains 10.200.0.1, which is this node's"),
            std::string::npos);
}

TEST_F(NodeFeedTest, NodesStayWhenAllOfTheInstallIsDeleted) {
  for (const char* name : {"node1", "node2", "node3"}) Erase(name);
  EXPECT_EQ(feed_.own(), nullptr);
  Pass(3 * kTimeout);
  EXPECT_EQ(world_.nodes.size(), 3u);
  Put("node2");
  EXPECT_NE(feed_.own(), nullptr);
  EXPECT_EQ(world_.nodes.size(), 3u) << "the others may follow";
  Put("node1");
  Pass(kTimeout);
  EXPECT_EQ(world_.nodes.size(), 2u) << "node3 did not";
}

}  // namespace
}  // namespace kvs::feed
