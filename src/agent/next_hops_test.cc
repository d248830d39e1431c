#include "agent/next_hops.h"

#include <gtest/gtest.h>

namespace kvs::agent {
namespace {

using std::chrono_literals::operator""ms;

TEST(NextHops, AreAskedForAtOnceAndThenOnceAMinute) {
  const NextHop one{3, Ip4{{10, 200, 0, 2}}}, two{3, Ip4{{10, 200, 0, 3}}};
  using Hops = std::vector<NextHop>;
  NextHops hops;
  EXPECT_EQ(hops.TakeDue({one}, 1000ms), Hops{one});
  EXPECT_EQ(hops.TakeDue({one, two}, 2000ms), Hops{two});
  EXPECT_EQ(hops.TakeDue({one, two}, 60999ms), Hops{});
  EXPECT_EQ(hops.TakeDue({one, two}, 61000ms), Hops{one});
  EXPECT_EQ(hops.TakeDue({two}, 62000ms), Hops{two});
  EXPECT_EQ(hops.TakeDue({one, two}, 63000ms), Hops{one}) << "it was gone, and is back";
  EXPECT_EQ(hops.TakeDue({NextHop{4, one.ip}}, 64000ms).size(), 1u) << "by another link";
}

}  // namespace
}  // namespace kvs::agent
