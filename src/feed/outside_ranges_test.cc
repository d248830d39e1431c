#include "feed/outside_ranges.h"

#include <gtest/gtest.h>

namespace kvs::feed {
namespace {

class OutsideRanges : public testing::Test {
 protected:
  void Put(const std::string& pod, const char* ips, bool delegated = false) {
    ports_.Put({.name = "kv" + std::to_string(ports_.size()),
                .ips = *ParseIps(ips),
                .delegated = delegated,
                .pod = NamespacedName::Parse(pod)});
  }
  std::string Told() const {
    const auto problem = PodsOutsideRanges(self_, ports_);
    return problem ? problem->ToString() : "";
  }

  engine::Table<world::Port> ports_;
  const world::Self self_{.node = "node1", .pod_ranges = *ParsePrefixes("10.1.9.0/24,fd00:9::/64")};
};

TEST_F(OutsideRanges, PodsOfTheNodesRangesAreNone) {
  Put("shop/a", "10.1.9.3,fd00:9::3");
  Put("shop/b", "10.1.9.4");
  EXPECT_EQ(Told(), "");
}

TEST_F(OutsideRanges, APodOfARangeThatWasTheNodesBeforeIsTold) {
  Put("shop/a", "10.1.9.3,fd00:9::3");
  Put("shop/b", "10.1.9.4,fd00:1::4");
  EXPECT_EQ(
      Told(),
      "VSwitchConfig/node1 spec.podCIDRs: 1 pod on this node has an address outside of its pod "
      "ranges (10.1.9.0/24,fd00:9::/64), for example from before these were changed, and can't "
      "be reached from other nodes; delete this pod, so that it is recreated: "
      "shop/b (fd00:1::4)");
}

TEST_F(OutsideRanges, ManyAreCountedAndSomeNamed) {
  for (const char* pod : {"shop/e", "shop/d", "shop/c", "shop/b", "shop/a"}) Put(pod, "10.1.1.3");
  EXPECT_EQ(Told(),
            "VSwitchConfig/node1 spec.podCIDRs: 5 pods on this node have an address outside of its "
            "pod ranges (10.1.9.0/24,fd00:9::/64), for example from before these were changed, and "
            "can't be reached from other nodes; delete these pods, so that they are recreated: "
            "shop/a (10.1.1.3), shop/b (10.1.1.3), shop/c (10.1.1.3) and 2 more");
}

TEST_F(OutsideRanges, AnAddressThatAnotherPluginChoseIsNoProblem) {
  Put("shop/a", "192.0.2.7", true);
  EXPECT_EQ(Told(), "");
}

}  // namespace
}  // namespace kvs::feed
