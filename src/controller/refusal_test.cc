#include "controller/refusal.h"

#include <gtest/gtest.h>

#include "controller/plan_test.h"

namespace kvs::controller {
namespace {

TEST(Plan, GivesNoRangeThatHoldsWhatIsOthers) {
  for (const char* bad : {"0.0.0.0/0", "10.200.0.0/24", "10.200.0.0/29", "10.200.0.254/31",
                          "10.96.0.0/16", "10.96.7.0/24", "127.0.0.0/24", "169.254.1.0/24",
                          "224.0.0.0/24", "240.0.0.0/24", "::/0", "fe80::/64", "::ffff:0:0/96"}) {
    Cluster cluster;
    cluster.facts.flags.cluster_cidrs.clear();
    cluster.Set("serviceCIDR", "10.96.0.0/16");
    cluster.AddNode("a", {"10.244.1.0/24"}, "10.200.0.1");
    cluster.AddNode("b", {bad}, "10.200.0.2");
    EXPECT_EQ(cluster["a"], "pods=10.244.1.0/24 ip=10.200.0.1 Accepted") << bad;
    EXPECT_EQ(cluster["b"].substr(0, 34), "pods= ip=10.200.0.2 PodCIDRInvalid") << bad;
    // What was good stays in use.
    cluster.AddNode("b", {"10.244.2.0/24"}, "10.200.0.2");
    cluster.Apply();
    cluster.AddNode("b", {bad}, "10.200.0.2");
    if (std::string_view(bad).find(':') != std::string_view::npos) continue;
    EXPECT_EQ(cluster["b"].substr(0, 47), "pods=10.244.2.0/24 ip=10.200.0.2 PodCIDRInvalid") << bad;
  }
}

TEST(Plan, GivesNoOverlayAddressThatCannotBeSentTo) {
  for (const char* bad :
       {"127.0.0.1", "224.0.0.1", "255.255.255.255", "0.0.0.0", "::1", "::ffff:10.0.0.1", "fe80::1",
        "10.1.1.1", "10.1.1.7", "10.1.2.7", "10.96.0.10"}) {
    Cluster cluster;
    cluster.Set("serviceCIDR", "10.96.0.0/16");
    cluster.AddNode("a", {"10.1.1.0/24"}, "10.0.0.1");
    cluster.AddNode("b", {"10.1.2.0/24"}, "10.0.0.2");
    cluster.Apply();
    cluster.AddNode("b", {"10.1.2.0/24"}, bad);
    cluster.AddNode("c", {"10.1.3.0/24"}, bad);
    EXPECT_EQ(cluster["a"], "pods=10.1.1.0/24 ip=10.0.0.1 Accepted") << bad;
    EXPECT_EQ(cluster["c"].substr(0, 38), "pods=10.1.3.0/24 ip= OverlayIPInvalid:") << bad;
    EXPECT_NE(cluster["b"].find(" OverlayIPInvalid:"), std::string::npos) << bad;
    if (std::string_view(bad).find(':') != std::string_view::npos) continue;
    EXPECT_EQ(cluster["b"].substr(0, 29), "pods=10.1.2.0/24 ip=10.0.0.2 ") << bad;
  }
}

TEST(Plan, GivesNoRangeThatHoldsTheApiServersAddress) {
  Cluster cluster;
  cluster.AddNode("z", {"10.1.9.0/24"}, "10.0.0.9");
  cluster.Apply();
  cluster.facts.api_servers = {*Ip::Parse("10.1.2.9"), *Ip::Parse("fd00:1:0:2::9")};
  cluster.AddNode("a", {"10.1.2.0/24"}, "10.0.0.1");
  EXPECT_EQ(
      cluster["a"],
      "pods= ip=10.0.0.1 PodCIDRInvalid: Node/a spec.podCIDRs: 10.1.2.0/24 contains 10.1.2.9, "
      "the API server's; give the node a range without addresses of nodes or of the API server; it "
      "is refused");
  cluster.AddNode("a", {"10.1.1.0/24", "fd00:1:0:2::/64"}, "10.0.0.1");
  EXPECT_EQ(cluster["a"].substr(0, 45), "pods=10.1.1.0/24 ip=10.0.0.1 PodCIDRInvalid: ");
  cluster.AddNode("a", {"10.1.1.0/24", "fd00:1:0:3::/64"}, "10.0.0.1");
  EXPECT_EQ(cluster["a"], "pods=10.1.1.0/24,fd00:1:0:3::/64 ip=10.0.0.1 Accepted");
}

TEST(Plan, AllocatesAroundAddressesAndServices) {
  Cluster cluster;
  cluster.facts.flags.cluster_cidrs = *ParsePrefixes("10.0.0.0/16");
  cluster.facts.flags.service_cidrs = *ParsePrefixes("10.0.1.0/24");
  cluster.AddNode("z", {"10.0.9.0/24"}, "192.168.0.9");
  cluster.Apply();
  cluster.facts.api_servers = {*Ip::Parse("10.0.2.9")};
  cluster.AddNode("a", {}, "10.0.0.1");
  EXPECT_EQ(cluster["a"].substr(0, 29), "pods=10.0.3.0/24 ip=10.0.0.1 ");
}

TEST(Plan, NoClusterRangeHoldsEverything) {
  Cluster cluster;
  cluster.AddNode("a", {"10.1.0.0/24"}, "10.0.0.1");
  cluster.Set("clusterCIDR", "0.0.0.0/0");
  EXPECT_EQ(cluster["a"].substr(0, 44), "pods=10.1.0.0/24 ip=10.0.0.1 InvalidSettings");
  EXPECT_EQ(Join(cluster.facts.existing.at("a").spec.cluster_cidrs), "10.1.0.0/16,fd00:1::/48");
}

}  // namespace
}  // namespace kvs::controller
