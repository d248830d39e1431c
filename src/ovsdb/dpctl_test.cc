#include "ovsdb/dpctl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kvs::ovsdb {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(DpctlTest, NamesTheDatapath) {
  EXPECT_EQ(DatapathOf("netdev"), "netdev@ovs-netdev");
  for (const char* kernel : {"system", ""}) EXPECT_EQ(DatapathOf(kernel), "system@ovs-system");
}

TEST(DpctlTest, ReadsTheLimitsOfZones) {
  EXPECT_THAT(*ParseZoneLimits("default limit=0\n"), testing::IsEmpty());
  EXPECT_THAT(*ParseZoneLimits("default limit=10\nzone=2,limit=196608,count=77\n"
                               "zone=65535,limit=7,count=0\n"),
              ElementsAre(ZoneLimit{2, 196608, 77}, ZoneLimit{65535, 7, 0}));
  for (const char* bad : {"zone=2", "zone=65536,limit=1,count=1", "zone=2,limit=,count=1", "what?"})
    EXPECT_THAT(ParseZoneLimits(bad).error().message, HasSubstr(bad));
}

TEST(DpctlTest, ReadsACount) {
  EXPECT_EQ(ParseCount("3000000\n"), 3000000u);
  for (const char* bad : {"", "x", "7x", "-1"}) EXPECT_FALSE(ParseCount(bad)) << bad;
}

TEST(DpctlTest, ReadsHowManyFragmentsAreKept) {
  EXPECT_EQ(ParseMaxFragments("        Fragmentation Module Status\n"
                              "        ---------------------------\n"
                              "        v4 enabled: 1\n"
                              "        max num frags (v4/v6): 1000\n"
                              "        num frag: 0\n"),
            1000u);
  for (const char* bad : {"", "max num frags (v4/v6): many\n"})
    EXPECT_THAT(ParseMaxFragments(bad).error().message, HasSubstr("max num frags"));
}

}  // namespace
}  // namespace kvs::ovsdb
