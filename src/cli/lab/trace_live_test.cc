#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>

#include "cli/agents/agents.h"
#include "cli/inspect/packet_ends.h"
#include "cli/inspect/trace.h"
#include "cli/lab/lab_ends.h"
#include "cli/terminal/json_at.h"
#include "lab/live/unused_ip.h"

// The paths of packets through a lab of the real programs.
namespace kvs::cli {
namespace {

using testing::HasSubstr;

class TraceLiveTest : public testing::Test {
 protected:
  void SetUp() override {
    if (getuid() != 0) GTEST_SKIP() << "needs root";
  }
  void BringUp(const std::string& overlay) {
    auto lab =
        lab::Lab::Up({.name = "p" + std::to_string(getpid()), .nodes = 2, .overlay = overlay});
    ASSERT_TRUE(lab) << lab.error().message;
    lab_ = std::move(*lab);
  }
  PacketPath PathOf(const TraceArguments& arguments) {
    const auto packet = ReadArguments(arguments, EndsOfLab(*lab_));
    EXPECT_TRUE(packet) << packet.error().message;
    return packet ? Follow(*packet, AgentsOf(*lab_)) : PacketPath();
  }
  // "node1 node2: delivered, to shop/web-2 by port kv3"
  static std::string Summary(const PacketPath& path) {
    std::string nodes;
    for (const auto& hop : path.hops) nodes += (nodes.empty() ? "" : " ") + TextAt(hop, "/node");
    if (path.failure) return nodes + " failed: " + path.failure->message;
    return nodes + ": " + TextAt(path.hops.back(), "/outcome") + ", " +
           TextAt(path.hops.back(), "/verdict");
  }
  std::string To(const std::string& from, const std::string& to) {
    return Summary(PathOf({.from = from, .to = to}));
  }

  std::unique_ptr<lab::Lab> lab_;
};

TEST_F(TraceLiveTest, FollowsThePacketToItsEnd) {
  ASSERT_NO_FATAL_FAILURE(BringUp("vxlan"));
  const auto port = [&](const char* pod) { return lab_->pods().at(pod).port; };
  for (const bool six : {false, true})
    for (const char* protocol : {"tcp", "udp", "icmp"}) {
      const TraceArguments across{
          .from = "shop/web-1", .to = "shop/web-2", .protocol = protocol, .ipv6 = six};
      const PacketPath path = PathOf(across);
      EXPECT_EQ(Summary(path),
                "node1 node2: delivered, to shop/web-2 by port " + port("shop/web-2"))
          << ToText(path).string();
    }
  EXPECT_EQ(To("shop/web-1", "tools/client-1:9"),  // where nobody listens: the pod's own business
            "node1: delivered, to tools/client-1 by port " + port("tools/client-1"));
  EXPECT_EQ(To("node/node1", "shop/web-2"),
            "node1 node2: delivered, to shop/web-2 by port " + port("shop/web-2"));
  EXPECT_EQ(To(lab_->pods().at("shop/web-1").ips[0].ToString(), "shop/web-2"),
            "node1 node2: delivered, to shop/web-2 by port " + port("shop/web-2"));
  const auto unused = [&](const char* node) { return lab::UnusedPodIp(*lab_, node).ToString(); };
  EXPECT_EQ(To("shop/web-1", unused("node1")), "node1: dropped, dropped in table route");
  EXPECT_EQ(To("shop/web-1", unused("node2")), "node1 node2: dropped, dropped in table route");
  EXPECT_EQ(To("shop/web-1", "[fd00:10:244:77::1]:80"), "node1: dropped, dropped in table route");
  EXPECT_EQ(To("shop/web-1", "node1"), "node1: host, to the host node1");
  EXPECT_THAT(To("shop/web-1", "10.96.0.1:443"),
              HasSubstr("node1: host, to the host node1, where"));
  EXPECT_THAT(To("shop/web-1", "outside"), HasSubstr("which forwards it by its own routes"));

  const std::string text = ToText(PathOf({.from = "shop/web-1", .to = "shop/web-2"})).string();
  EXPECT_THAT(text, HasSubstr("node1  from shop/web-1 by port "));
  EXPECT_THAT(text, HasSubstr("[route-node of VSwitchConfig/node2]"));
  EXPECT_THAT(text, HasSubstr("  => into the tunnel to node2, 10.200.0.2\nnode2  out of the tunnel "
                              "from node1\n"));
  EXPECT_THAT(text, HasSubstr("[route-pod of Pod/shop/web-2]"));
}

TEST_F(TraceLiveTest, FindsPodsByTheAgentsAlone) {
  ASSERT_NO_FATAL_FAILURE(BringUp("geneve"));
  const auto agents = Agents::Find({.lab = lab_->state().name()});
  ASSERT_TRUE(agents) << agents.error().message;
  const auto ask = [&](const std::string& node, const std::string& path) {
    return agents->Ask(node, path);
  };
  const std::string nobody = lab::UnusedPodIp(*lab_, "node1").ToString();
  EXPECT_EQ(
      Trace({.from = "shop/web-1", .to = "shop/web-2", .ipv6 = true}, EndsOfAgents(*agents), ask),
      kOk);
  EXPECT_EQ(Trace({.from = "shop/web-1", .to = nobody, .json = true}, EndsOfAgents(*agents), ask),
            kFailed);
  EXPECT_EQ(Trace({.from = "shop/web-9", .to = nobody}, EndsOfAgents(*agents), ask), kUsage);
  EXPECT_EQ(Trace({.from = nobody, .to = "shop/web-1"}, EndsOfAgents(*agents), ask), kUsage);
  const std::string address = lab_->pods().at("shop/web-1").ips[0].ToString();
  EXPECT_EQ(Trace({.from = address, .to = "shop/web-2"}, EndsOfAgents(*agents), ask), kOk);
  // What is beyond who can be asked.
  const auto one = Agents::Find({.lab = lab_->state().name(), .lab_node = "node1"});
  ASSERT_TRUE(one) << one.error().message;
  const auto ask_one = [&](const std::string& node, const std::string& path) {
    return one->Ask(node, path);
  };
  const std::string far = lab_->pods().at("shop/web-2").ips[0].ToString();
  EXPECT_EQ(Trace({.from = "shop/web-1", .to = far}, EndsOfAgents(*one), ask_one), kUnreachable);
}

TEST_F(TraceLiveTest, WithoutAnOverlayTheHostsCarryIt) {
  ASSERT_NO_FATAL_FAILURE(BringUp("none"));
  for (const bool six : {false, true}) {
    const PacketPath path = PathOf({.from = "shop/web-1", .to = "shop/web-2", .ipv6 = six});
    EXPECT_EQ(Summary(path),
              "node1 node2: delivered, to shop/web-2 by port " + lab_->pods().at("shop/web-2").port)
        << ToText(path).string();
    EXPECT_THAT(ToText(path).string(), HasSubstr("=> to the host node1, which routes it to node2\n"
                                                 "node2  by the host, routed from node1\n"));
  }
}

}  // namespace
}  // namespace kvs::cli
