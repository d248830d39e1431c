#include "apply/frame/pace.h"

#include <gtest/gtest.h>

namespace kvs::apply {
namespace {

using Time = Pace::Time;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

TEST(Pace, ANoticeIsFollowedAtOnceOrWhenItHasSettled) {
  EXPECT_EQ(Pace({}).AfterNotice(Time(5000)), Time(5000));
  EXPECT_EQ(Pace({.settle = 200ms}).AfterNotice(Time(5000)), Time(5200));
}

TEST(Pace, LooksThatCostMuchAreRare) {
  Pace pace({.audit = 4s});
  pace.Looked(Time(0), Time(500));
  EXPECT_EQ(pace.AfterNotice(Time(600)), Time(10500)) << "a twentieth of the time";
  EXPECT_FALSE(pace.AuditIsDue(Time(100000)));
  EXPECT_TRUE(pace.AuditIsDue(Time(100500))) << "a two-hundredth";
  pace.Looked(Time(200000), Time(200001));
  EXPECT_FALSE(pace.AuditIsDue(Time(204000)));
  EXPECT_TRUE(pace.AuditIsDue(Time(204001)));
}

TEST(Pace, TheFirstAuditIsDue) { EXPECT_TRUE(Pace({}).AuditIsDue(Time(0))); }

TEST(Pace, RetriesBecomeRareAndQuickAgainAfterSuccess) {
  Pace pace({.first_retry = 1s, .last_retry = 5s});
  EXPECT_EQ(pace.Retry(), 1s);
  EXPECT_EQ(pace.Retry(), 2s);
  EXPECT_EQ(pace.Retry(), 4s);
  EXPECT_EQ(pace.Retry(), 5s);
  EXPECT_EQ(pace.Retry(), 5s);
  pace.Succeeded();
  EXPECT_EQ(pace.Retry(), 1s);
}

TEST(Pace, WhoeverUndoesRepairsIsNotFoughtWithoutEnd) {
  Pace pace({.most_repairs = 3, .fight_pause = 10s});
  EXPECT_TRUE(pace.MayRepair(Time(0)));
  EXPECT_TRUE(pace.MayRepair(Time(1000)));
  EXPECT_FALSE(pace.fought(Time(1500)));
  EXPECT_TRUE(pace.MayRepair(Time(2000)));
  EXPECT_TRUE(pace.fought(Time(2000)));
  EXPECT_FALSE(pace.MayRepair(Time(11999)));
  EXPECT_TRUE(pace.MayRepair(Time(12000)));
  EXPECT_FALSE(pace.MayRepair(Time(21999)));
  EXPECT_TRUE(pace.MayRepair(Time(22000)));
  EXPECT_FALSE(pace.fought(Time(62000))) << "the three of the last minute are two";
  EXPECT_TRUE(pace.MayRepair(Time(62000)));
}

}  // namespace
}  // namespace kvs::apply
