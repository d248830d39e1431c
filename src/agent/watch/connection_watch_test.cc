#include "agent/watch/connection_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/test_loop.h"
#include "ovsdb/fake_vswitchd.h"

namespace kvs::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class ConnectionWatchTest : public testing::Test {
 protected:
  ConnectionWatchTest() {
    SetMost(100);
    world_.ports.Put(
        {.name = "kv1", .ips = {kOne, kOneSix}, .pod = {"shop", "a"}, .container = "c1"});
    world_.ports.Put({.name = "kv2", .ips = {kTwo}, .pod = {"shop", "b"}, .container = "c2"});
  }
  void SetMost(uint64_t most) {
    world_.self.Put({.node = "n1", .max_connections_per_pod = most});
    world_.datapath.Put({.netdev = true});
  }
  std::vector<std::string> Crowded() const {
    std::vector<std::string> names;
    world_.crowded.ForEach([&](const world::CrowdedPort& port) { names.push_back(port.name); });
    return names;
  }

  const Ip kOne = Ip4{{10, 1, 1, 3}}, kTwo = Ip4{{10, 1, 1, 4}}, kOneSix = Ip6{{0xfd, 1}};
  io::TestLoop loop_;
  std::string dump_;
  ovsdb::FakeVswitchd vswitchd_{loop_, [this](const std::string&) -> Result<std::string> {
                                  if (dump_.empty()) return Fail("not today");
                                  return dump_;
                                }};
  ovsdb::Unixctl unixctl_{loop_, vswitchd_.run_dir, "ovs-vswitchd"};
  world::World world_;
  int changes_ = 0;
  ConnectionWatch watch_{loop_, unixctl_, world_, [this] { ++changes_; }};
};

TEST_F(ConnectionWatchTest, APodIsCrowdedFromAboveTheNumberUntilWellBelow) {
  using Counts = ConnectionWatch::Counts;
  struct Step {
    Counts counts;
    bool crowded;
  };
  for (const auto& [counts, crowded] :
       {Step{{{kOne, 100}}, false}, Step{{{kOne, 101}}, true}, Step{{{kOne, 80}}, true},
        Step{{{kOne, 79}}, false}, Step{{{kOne, 100}}, false},
        Step{{{kOne, 60}, {kOneSix, 60}, {kTwo, 100}}, true}}) {
    watch_.Note(counts);
    EXPECT_EQ(Crowded(), crowded ? std::vector<std::string>{"kv1"} : std::vector<std::string>());
    EXPECT_THAT(watch_.problems(), SizeIs(crowded ? 1 : 0));
  }
  EXPECT_EQ(changes_, 3);
  EXPECT_EQ(watch_.problems().front().object, "Pod/shop/a");
  EXPECT_THAT(watch_.problems().front().message,
              HasSubstr("more than its limit of 100 connections in the conntrack table, and can't "
                        "begin new ones until there are fewer than 80"));
}

TEST_F(ConnectionWatchTest, WhoHasThePortNextIsAnother) {
  watch_.Note(ConnectionWatch::Counts{{kOne, 500}});
  world_.ports.Put({.name = "kv1", .ips = {kOne}, .pod = {"shop", "a"}, .container = "c9"});
  watch_.Note(ConnectionWatch::Counts{{kOne, 90}});
  EXPECT_THAT(Crowded(), IsEmpty());
  watch_.Note(ConnectionWatch::Counts{{kOne, 500}, {kTwo, 500}});
  world_.ports.Erase("kv1");
  watch_.Note(Fail("not today"));
  EXPECT_THAT(Crowded(), ElementsAre("kv2"));
}

TEST_F(ConnectionWatchTest, ACountThatFailsIsToldAndChangesNothing) {
  watch_.Note(ConnectionWatch::Counts{{kOne, 500}});
  watch_.Note(Fail("not today"));
  EXPECT_THAT(Crowded(), ElementsAre("kv1"));
  ASSERT_THAT(watch_.problems(), SizeIs(2));
  EXPECT_THAT(watch_.problems().back().message, HasSubstr("not today; until they can be counted"));
  SetMost(0);
  watch_.Look(1000000);
  EXPECT_THAT(Crowded(), IsEmpty()) << "there is no bound";
  EXPECT_THAT(watch_.problems(), IsEmpty());
}

TEST_F(ConnectionWatchTest, CountsOnlyWhereOnePodMayHaveTooMany) {
  for (int port = 0; port < 101; ++port)
    dump_ += "udp,orig=(src=10.1.1.4,dst=10.1.1.3,sport=" + std::to_string(port) +
             ",dport=53),reply=(src=10.1.1.3,dst=10.1.1.4,sport=53,dport=1),zone=2\n";
  watch_.Look(79);
  EXPECT_THAT(vswitchd_.asked, IsEmpty());
  watch_.Look(80);
  watch_.Look(80);
  ASSERT_TRUE(loop_.Until([&] { return world_.crowded.size() == 1; }));
  EXPECT_THAT(Crowded(), ElementsAre("kv2"));
  EXPECT_THAT(vswitchd_.asked, ElementsAre("dpctl/dump-conntrack netdev@ovs-netdev zone=2"));
  watch_.Look(79);
  EXPECT_THAT(Crowded(), IsEmpty());
}

}  // namespace
}  // namespace kvs::agent
