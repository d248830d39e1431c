#include "agent/watch/conntrack_alarm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "io/loop.h"

namespace kvs::agent {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class ConntrackAlarmTest : public testing::Test {
 protected:
  ConntrackAlarmTest() { fs::create_directories(proc_sys_ + "/net/netfilter"); }
  ~ConntrackAlarmTest() override { fs::remove_all(proc_sys_); }

  // What is told when the kernel's table of 1000 and zone 2, which may have 750, hold so many.
  std::string Told(uint64_t in_table, uint64_t in_zone) {
    std::ofstream(proc_sys_ + "/net/netfilter/nf_conntrack_max") << "1000\n";
    std::ofstream(proc_sys_ + "/net/netfilter/nf_conntrack_count") << in_table << "\n";
    table_.Look(false);
    return Update({{2, 750, in_zone}}, false);
  }
  std::string Update(const std::vector<ovsdb::ZoneLimit>& zones, bool netdev) {
    alarm_.Update(table_, zones, netdev);
    std::string all;
    for (const Problem& problem : alarm_.problems()) all += problem.ToString() + "\n";
    return all;
  }

  const std::string proc_sys_ =
      fs::temp_directory_path() / ("kvs-alarm." + std::to_string(getpid()));
  io::Loop loop_;
  ovsdb::Unixctl vswitchd_{loop_, proc_sys_, "ovs-vswitchd"};
  feed::ConntrackTable table_{vswitchd_, proc_sys_, [] {}};
  ConntrackAlarm alarm_;
};

TEST_F(ConntrackAlarmTest, TellsOfAZoneThatIsNearlyFull) {
  EXPECT_EQ(Told(599, 599), "");
  const std::string told = Told(600, 600);
  EXPECT_THAT(told, AllOf(HasSubstr("Host conntrack zone 2: 80 % of the limit of 750 connections"),
                          HasSubstr("dpctl/dump-conntrack system@ovs-system zone=2 |"),
                          HasSubstr("sysctl -w net.netfilter.nf_conntrack_max=2000")));
  EXPECT_EQ(Told(600, 750), told) << "one problem, however many there are";
  EXPECT_EQ(Told(600, 525), told) << "nor does it come and go around one number";
  EXPECT_EQ(Told(600, 524), "");
  EXPECT_EQ(Told(600, 599), "");
}

TEST_F(ConntrackAlarmTest, TellsOfATableThatIsNearlyFull) {
  EXPECT_EQ(Told(799, 0), "");
  EXPECT_THAT(Told(800, 0), AllOf(HasSubstr("Host conntrack table: 80 % of its 1000 connections"),
                                  HasSubstr("dump-conntrack system@ovs-system |"),
                                  HasSubstr("no program of the node")));
  EXPECT_NE(Told(700, 0), "");
  EXPECT_EQ(Told(699, 0), "");
}

TEST_F(ConntrackAlarmTest, SaysHowTheUserspaceTableIsMadeLarger) {
  ASSERT_EQ(Told(0, 0), "");
  EXPECT_THAT(Update({{2, 750, 750}}, true),
              HasSubstr("ovs-appctl dpctl/ct-set-maxconns netdev@ovs-netdev 2000 (after each"));
  EXPECT_EQ(Update({{2, 0, 750}}, true), "") << "no limit is none that fills";
}

TEST_F(ConntrackAlarmTest, TellsThatTheTableCannotBeRead) {
  table_.Look(false);
  EXPECT_THAT(Update({}, false), HasSubstr("nf_conntrack_max"));
}

}  // namespace
}  // namespace kvs::agent
