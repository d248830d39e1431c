#include "feed/judge.h"

#include <gtest/gtest.h>

namespace kvs::feed {
namespace {

const Judge kJudge({{*Ip::Parse("10.200.0.2"), "the overlay address of node2"},
                    {*Ip::Parse("10.200.0.1"), "this node's"},
                    {*Ip::Parse("fd00:200::1"), "this node's"}});

std::string Pods(const char* range) { return kJudge.ObjectionToPods(*Prefix::Parse(range)); }

TEST(Judge, ARangeWithSomebodysAddressIsNoPods) {
  EXPECT_EQ(Pods("10.200.0.0/24"), "10.200.0.0/24 contains 10.200.0.1, which is this node's");
  EXPECT_EQ(Pods("10.200.0.2/31"),
            "10.200.0.2/31 contains 10.200.0.2, which is the overlay address of node2");
  EXPECT_NE(Pods("10.0.0.0/8"), "");
  EXPECT_NE(Pods("fd00:200::/64"), "");
  EXPECT_EQ(Pods("10.244.1.0/24"), "");
  EXPECT_EQ(Pods("10.200.0.4/30"), "");
  EXPECT_EQ(Pods("fd00:10:244:1::/64"), "");
}

TEST(Judge, SpecialRangesAreNobodys) {
  for (const char* range : {"0.0.0.0/0", "::/0", "127.0.0.0/24", "169.254.1.0/24", "224.1.0.0/16",
                            "255.255.255.0/24", "fe80::/64", "ff02::/64", "::ffff:10.0.0.0/120"})
    EXPECT_NE(Pods(range), "") << range;
}

}  // namespace
}  // namespace kvs::feed
