#include "controller/ranges.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace kvs::controller {
namespace {

Prefix P(std::string_view text) { return *Prefix::Parse(text); }

TEST(Ranges, OverlapsAreFoundWhereverTheyBegin) {
  Ranges ranges;
  ASSERT_TRUE(ranges.Take(P("10.1.0.0/16"), "a"));
  ASSERT_TRUE(ranges.Take(P("fd00:1::/64"), "b"));
  for (const char* taken : {"10.1.0.0/16", "10.1.0.0/24", "10.1.255.0/24", "10.0.0.0/8",
                            "0.0.0.0/0", "fd00:1::/48", "fd00:1::1/128", "::/0"})
    EXPECT_TRUE(ranges.Overlapping(P(taken))) << taken;
  for (const char* free : {"10.0.0.0/16", "10.2.0.0/16", "fd00:1:0:1::/64", "11.0.0.0/8"})
    EXPECT_FALSE(ranges.Overlapping(P(free))) << free;
}

TEST(Ranges, TheLowestFreeOneIsTaken) {
  Ranges ranges;
  ranges.Take(P("10.0.0.0/24"), "a");
  ranges.Take(P("10.0.2.0/23"), "b");
  ranges.Take(P("10.0.4.128/25"), "c");
  EXPECT_EQ(ranges.TakeLowest(P("10.0.0.0/21"), 24, "d"), P("10.0.1.0/24"));
  EXPECT_EQ(ranges.TakeLowest(P("10.0.0.0/21"), 24, "e"), P("10.0.5.0/24"));
  EXPECT_EQ(ranges.TakeLowest(P("10.0.0.0/21"), 24, "f"), P("10.0.6.0/24"));
  EXPECT_EQ(ranges.TakeLowest(P("10.0.0.0/21"), 24, "g"), P("10.0.7.0/24"));
  EXPECT_EQ(ranges.TakeLowest(P("10.0.0.0/21"), 24, "h"), std::nullopt);
  EXPECT_EQ(ranges.TakeLowest(P("10.0.0.0/21"), 24, "h"), std::nullopt);
}

TEST(Ranges, TheEndsOfTheAddressSpace) {
  Ranges ranges;
  EXPECT_EQ(ranges.TakeLowest(P("255.255.255.0/24"), 24, "a"), P("255.255.255.0/24"));
  EXPECT_EQ(ranges.TakeLowest(P("255.255.255.0/24"), 24, "b"), std::nullopt);
  EXPECT_EQ(ranges.TakeLowest(P("ffff:ffff:ffff:ffff::/64"), 64, "a"),
            P("ffff:ffff:ffff:ffff::/64"));
  EXPECT_EQ(ranges.TakeLowest(P("ffff:ffff:ffff:ffff::/64"), 64, "b"), std::nullopt);
  EXPECT_EQ(ranges.TakeLowest(P("fd00::/48"), 64, "a"), P("fd00::/64"));
  EXPECT_EQ(ranges.TakeLowest(P("fd00::/48"), 64, "b"), P("fd00:0:0:1::/64"));
  Ranges all;
  all.Take(P("0.0.0.0/0"), "a");
  EXPECT_EQ(all.TakeLowest(P("10.0.0.0/8"), 24, "b"), std::nullopt);
}

RC_GTEST_PROP(Ranges, WhatIsTakenNeverOverlaps, ()) {
  Ranges ranges;
  std::vector<Prefix> taken;
  const auto steps = *rc::gen::container<std::vector<std::pair<uint8_t, uint8_t>>>(
      rc::gen::pair(rc::gen::arbitrary<uint8_t>(), rc::gen::inRange<uint8_t>(20, 33)));
  for (const auto& [index, length] : steps) {
    std::optional<Prefix> got;
    if (index % 3 == 0) {
      got = ranges.TakeLowest(P("10.0.0.0/20"), length, "n");
    } else if (const Prefix wanted(Ip4::FromInt(0x0a000000u + index * 16u), length);
               ranges.Take(wanted, "n")) {
      got = wanted;
    }
    if (!got) continue;
    for (const Prefix& other : taken) RC_ASSERT(!other.Overlaps(*got));
    taken.push_back(*got);
  }
}

}  // namespace
}  // namespace kvs::controller
