#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/rtnetlink.h>

#include <atomic>
#include <thread>

#include "cni/live/live_fixture.h"
#include "netlink/address.h"
#include "netlink/route.h"

// How much work an ADD causes in ovs-vswitchd, in counts and not in seconds.
namespace kvs::cni {
namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SwitchWorkLiveTest : public ::testing::Test, public LiveFixture {
 protected:
  // The count once the switch is idle. The kernel reports a change of a link up to a second later.
  int SettledReconfigurations() {
    node.Settle();
    for (int last = -1;;) {
      const int now = node.Reconfigurations();
      if (now == last) return now;
      last = now;
      std::this_thread::sleep_for(1200ms);
    }
  }
};

TEST_F(SwitchWorkLiveTest, TheNodeHasNoAddressOnAPodsLink) {
  node.StartAgent("", true);
  for (const char* pod : {"c1", "c2", "c3"}) ASSERT_TRUE(Add(pod));
  const auto ports = node.Ports();
  const auto routes = netlink::DumpRoutes(node.host());
  for (const auto& [name, ids] : ports) {
    const int link = netlink::FindLink(node.host(), name)->index;
    EXPECT_THAT(*netlink::DumpAddresses(node.host(), link), IsEmpty()) << name;
    for (const netlink::Route& route : *routes)
      EXPECT_TRUE(route.link != link || route.type == RTN_MULTICAST) << name;
  }
}

TEST_F(SwitchWorkLiveTest, AnswersOfTheAgentCostNothing) {
  node.StartAgent("", true);
  ASSERT_TRUE(Add("c1"));
  const int before = SettledReconfigurations();
  node.StartAgent("flows are refused");
  while (!node.Ports().begin()->second.contains(ovsdb::kErrorKey)) std::this_thread::sleep_for(5ms);
  EXPECT_EQ(SettledReconfigurations() - before, 1);  // that of Settle()
}

TEST_F(SwitchWorkLiveTest, AddsThatComeTogetherShareIt) {
  constexpr int kPods = 30, kAtOnce = 10;
  node.StartAgent("", true);
  for (int pod = 0; pod < kPods; ++pod) Netns("c" + std::to_string(pod));
  const int before = SettledReconfigurations();
  std::atomic<int> next = 0, failed = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < kAtOnce; ++i)
    callers.emplace_back([&] {
      for (int pod; (pod = next++) < kPods;)
        if (Invoke("ADD", "c" + std::to_string(pod)).status != 0) ++failed;
    });
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(failed, 0);
  EXPECT_THAT(node.Ports(), SizeIs(kPods));
  EXPECT_LT(node.Reconfigurations() - before, kPods);
}

}  // namespace
}  // namespace kvs::cni
