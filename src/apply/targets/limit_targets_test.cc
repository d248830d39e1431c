#include "apply/targets/limit_targets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "apply/frame/reconciler_of.h"
#include "io/test_loop.h"
#include "ovsdb/fake_vswitchd.h"

namespace kvs::apply {
namespace {

using std::chrono_literals::operator""ms;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

TEST(ConntrackLimitsTest, LeaveAQuarterOfTheTableToOthers) {
  EXPECT_THAT(ConntrackLimits(262144), ElementsAre(ConntrackLimit{2, 196608}));
  EXPECT_THAT(ConntrackLimits(uint64_t{1} << 40), ElementsAre(ConntrackLimit{2, 0xffffffff}));
  EXPECT_THAT(ConntrackLimits(1), ElementsAre(ConntrackLimit{2, 1})) << "0 would be no limit";
  EXPECT_THAT(ConntrackLimits(0), IsEmpty()) << "of a table without bound";
  EXPECT_THAT(ConntrackLimits(15 * 16, 1), ElementsAre(ConntrackLimit{2, 180 - 16}));
  EXPECT_THAT(ConntrackLimits(15 * 16, 16), ElementsAre(ConntrackLimit{2, 180 - 16}));
  EXPECT_THAT(ConntrackLimits(15 * 16, 240), ElementsAre(ConntrackLimit{2, 30})) << "an eighth";
}

TEST(ConntrackLimitsTest, ZonesOfEveryBuildAreOurs) {
  std::set<uint16_t> ours;
  for (uint16_t zone = 0; zone < 100; ++zone)
    if (IsOurZone(zone)) ours.insert(zone);
  EXPECT_THAT(ours, ElementsAre(1, 2, 3));
}

// Both targets, each with its reconciler, beside an ovs-vswitchd that holds limits.
class LimitTargetsTest : public testing::Test {
 protected:
  Result<std::string> Answer(const std::string& command) {
    std::istringstream words(command);
    std::string method, datapath, argument;
    words >> method >> datapath >> argument;
    if (datapath != datapath_) return Fail("{}: asked for {}", method, datapath);
    if (unknown_.contains(method)) return Fail("\"{}\" is not a valid command", method);
    if (method == "dpctl/ct-get-limits") return Zones();
    if (method == "dpctl/ipf-get-status") return "max num frags (v4/v6): " + fragments_ + "\n";
    if (method == "dpctl/ipf-set-max-nfrags") fragments_ = argument;
    unsigned zone = 0, limit = 0;
    const int read = sscanf(argument.c_str(), "zone=%u,limit=%u", &zone, &limit);
    if (method == "dpctl/ct-set-limits" && read == 2) zones_[zone] = limit;
    if (method == "dpctl/ct-del-limits" && read == 1) zones_.erase(zone);
    return "";
  }
  std::string Zones() const {
    std::string text = "default limit=9\n";
    for (const auto& [zone, limit] : zones_)
      text += fmt::format("zone={},limit={},count=5\n", zone, limit);
    return text;
  }
  ReconcilerOptions Named(std::string name) {
    return {.name = std::move(name),
            .revision = [] { return 1; },
            .on_change = {},
            .limits = {.audit = 0ms, .first_retry = 1ms}};
  }
  void Begin() {
    connections_.Begin();
    fragments_reconciler_.Begin();
    ASSERT_TRUE(
        loop_.Until([&] { return connections_.applied() && fragments_reconciler_.applied(); }));
  }
  bool Until(const std::function<bool()>& condition) { return loop_.Until(condition); }

  io::TestLoop loop_;
  std::string datapath_ = "netdev@ovs-netdev";
  std::map<unsigned, unsigned> zones_;
  std::string fragments_ = "1000";
  std::set<std::string> unknown_;
  ovsdb::FakeVswitchd vswitchd_{loop_,
                                [this](const std::string& command) { return Answer(command); }};
  ovsdb::Unixctl unixctl_{loop_, vswitchd_.run_dir, "ovs-vswitchd"};
  engine::Desired<ConntrackLimit> wanted_connections_;
  engine::Desired<FragmentLimit> wanted_fragments_;
  ConntrackLimitTarget target_{unixctl_, [this] { return datapath_; }};
  FragmentLimitTarget fragment_target_{unixctl_, [this] { return datapath_; }};
  ReconcilerOf<ConntrackLimit> connections_{loop_, target_, Named("limit of connections"),
                                            wanted_connections_};
  ReconcilerOf<FragmentLimit> fragments_reconciler_{loop_, fragment_target_,
                                                    Named("limit of fragments"), wanted_fragments_};
};

TEST_F(LimitTargetsTest, AreSetAndKept) {
  wanted_connections_.Set(ConntrackLimits(1000));
  wanted_fragments_.Set({{kMostFragments}});
  Begin();
  EXPECT_THAT(zones_, ElementsAre(Pair(2, 750)));
  EXPECT_EQ(fragments_, "5000");
  zones_.clear();  // somebody's ct-del-limits, or another start of ovs-vswitchd
  fragments_ = "1000";
  connections_.Resync();
  fragments_reconciler_.Resync();
  EXPECT_TRUE(Until([&] { return zones_.contains(2) && fragments_ == "5000"; }));
  EXPECT_EQ(connections_.counters().repairs, 1u);
  EXPECT_THAT(target_.seen(), IsEmpty()) << "as the last look saw it";
  wanted_connections_.Set(ConntrackLimits(2000));  // the table has grown
  connections_.Reconcile();
  EXPECT_TRUE(Until([&] { return zones_[2] == 1500; }));
  connections_.Resync();
  EXPECT_TRUE(Until([&] { return !target_.seen().empty(); }));
  EXPECT_THAT(target_.seen(), ElementsAre(ovsdb::ZoneLimit{2, 1500, 5}));
}

TEST_F(LimitTargetsTest, ThoseOfOthersStay) {
  zones_ = {{0, 70}, {1, 80}, {2, 750}, {3, 90}, {64000, 100}};
  wanted_connections_.Set(ConntrackLimits(1000));
  Begin();
  EXPECT_THAT(zones_, ElementsAre(Pair(0, 70), Pair(2, 750), Pair(64000, 100)))
      << "1 and 3 are of another build of ours";
  EXPECT_THAT(vswitchd_.asked, testing::Not(Contains(HasSubstr("zone=2"))))
      << "a start that finds all as it should be changes nothing";
}

TEST_F(LimitTargetsTest, WhatTheSwitchDoesNotKnowIsTold) {
  unknown_ = {"dpctl/ct-set-limits", "dpctl/ipf-get-status"};
  wanted_connections_.Set(ConntrackLimits(1000));
  wanted_fragments_.Set({{kMostFragments}});
  connections_.Begin();
  fragments_reconciler_.Begin();
  ASSERT_TRUE(Until([&] {
    return !connections_.Problems().empty() && !fragments_reconciler_.Problems().empty();
  }));
  const auto problem = connections_.Problems().front();
  EXPECT_THAT(problem.ToString(), HasSubstr("Host conntrack zone 2: "));
  EXPECT_THAT(problem.message, HasSubstr("is not a valid command; until then one pod can use up"));
  EXPECT_FALSE(problem.blocking);
  EXPECT_THAT(fragments_reconciler_.Problems().front().ToString(),
              HasSubstr("Host limit of fragments: "));
  unknown_.clear();
  EXPECT_TRUE(Until([&] { return zones_.contains(2) && fragments_ == "5000"; }));
  EXPECT_TRUE(Until(
      [&] { return connections_.Problems().empty() && fragments_reconciler_.Problems().empty(); }));
}

TEST_F(LimitTargetsTest, TheKernelsDatapathHasNoBoundOfFragmentsOfOurs) {
  datapath_ = "system@ovs-system";
  wanted_connections_.Set(ConntrackLimits(1000));
  Begin();
  EXPECT_THAT(zones_, ElementsAre(Pair(2, 750)));
  EXPECT_THAT(vswitchd_.asked, testing::Not(Contains(HasSubstr("ipf"))));
}

}  // namespace
}  // namespace kvs::apply
