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

TEST(DpctlTest, ReadsTheNeighboursOfTunnels) {
  EXPECT_THAT(
      ParseTunnelNeighbours(
          "IP                                            MAC                 Bridge\n"
          "==========================================================================\n"
          "10.200.0.2                                    1a:00:85:34:22:48   br-phy\n"
          "fd00:200::2                                   1a:00:85:34:22:49   br-phy STALE\n"
          "10.200.0.3 what?\n"),
      ElementsAre(
          TunnelNeighbour{Ip4{{10, 200, 0, 2}}, *Mac::Parse("1a:00:85:34:22:48"), "br-phy"},
          TunnelNeighbour{*Ip::Parse("fd00:200::2"), *Mac::Parse("1a:00:85:34:22:49"), "br-phy"}));
}

TEST(DpctlTest, ReadsWhoBeganAConnection) {
  EXPECT_EQ(ClientOf("udp,orig=(src=10.1.1.3,dst=10.1.2.3,sport=7,dport=53),reply=(src=10.1.2.3,"
                     "dst=10.1.1.3,sport=53,dport=7),zone=2,mark=134217728"),
            Ip(Ip4{{10, 1, 1, 3}}));
  const std::string tcp =
      "tcp,orig=(src=fd00::3,dst=fd00::4,sport=7,dport=80),reply=(src=fd00::4,dst=fd00::3,"
      "sport=80,dport=7),zone=2,protoinfo=(state=";
  EXPECT_EQ(ClientOf(tcp + "ESTABLISHED)"), *Ip::Parse("fd00::3"));
  EXPECT_EQ(ClientOf(tcp + "TIME_WAIT)"), std::nullopt);
  EXPECT_EQ(ClientOf(tcp + "CLOSED)"), std::nullopt);
  for (const char* bad : {"", "udp", "udp,orig=(src=", "udp,orig=(src=x,dst=10.1.1.1)"})
    EXPECT_EQ(ClientOf(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace kvs::ovsdb
