#include "cni/allocation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kvs::cni {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Window Over(std::string_view ranges) { return *Window::Over(*ParsePrefixes(ranges)); }

TEST(WindowTest, LeavesOutWhatIsNoPods) {
  EXPECT_EQ(Over("10.1.1.0/24").end(), 255u);  // not the broadcast address
  EXPECT_EQ(Over("fd00::/64").end(), 3 + kMostPods);
  EXPECT_EQ(Over("10.1.1.0/29,fd00::/64").end(), 7u);  // the smaller range decides
  EXPECT_EQ(Over("fd00::/126").end(), 4u);             // room for one
}

TEST(WindowTest, RefusesRangesWithoutRoom) {
  EXPECT_EQ(Window::Over({}).error().code, 11);
  const auto small = Window::Over(*ParsePrefixes("10.1.1.0/30"));
  EXPECT_EQ(small.error().code, 11);
  EXPECT_THAT(small.error().message, HasSubstr("10.1.1.0/30 has no room"));
}

TEST(WindowTest, GivesEveryAddressOnceAndThenNone) {
  const Window window = Over("10.1.1.0/24,fd00::/64");
  std::set<uint64_t> taken;
  while (const auto index = window.Pick("pod" + std::to_string(taken.size()), taken)) {
    EXPECT_GE(*index, 3u);
    EXPECT_LT(*index, 255u);
    ASSERT_TRUE(taken.insert(*index).second);
  }
  EXPECT_EQ(taken.size(), 252u);
}

TEST(WindowTest, GoesRoundFromTheHashedPlace) {
  const Window window = Over("10.1.1.0/28");
  const uint64_t start = *window.Pick("a", {});
  EXPECT_EQ(window.Pick("a", {}), start);  // always the same
  std::set<uint64_t> taken;
  for (uint64_t i = start; i < window.end(); ++i) taken.insert(i);
  EXPECT_EQ(window.Pick("a", taken), start > 3 ? std::optional<uint64_t>(3) : std::nullopt);
  EXPECT_EQ(window.Pick("a", {0, 1, 2, start}), start + 1 < window.end() ? start + 1 : 3);
}

TEST(WindowTest, SpreadsOwners) {
  const Window window = Over("10.1.0.0/16");
  std::set<uint64_t> starts;
  for (int i = 0; i < 1000; ++i) starts.insert(*window.Pick("pod" + std::to_string(i), {}));
  EXPECT_GT(starts.size(), 950u);
}

TEST(WindowTest, BothFamiliesShareTheIndex) {
  const Window window = Over("10.1.1.0/24,fd00:1::/64");
  EXPECT_THAT(window.At(0x1f), ElementsAre(*Ip::Parse("10.1.1.31"), *Ip::Parse("fd00:1::1f")));
  EXPECT_EQ(window.IndexOf(*ParseIps("10.1.1.31")), 0x1fu);
  EXPECT_EQ(window.IndexOf(*ParseIps("fd00:1::1f,10.1.1.31")), 0x1fu);
}

TEST(WindowTest, RefusesRequestsItCannotKeep) {
  const Window window = Over("10.1.1.0/24,fd00:1::/64");
  const auto message = [&](std::string_view ips) {
    const auto index = window.IndexOf(*ParseIps(ips));
    EXPECT_EQ(index.error().code, 7);
    return index.error().message;
  };
  EXPECT_THAT(message("10.1.2.5"), HasSubstr("10.1.2.5 is no pod's address in 10.1.1.0/24"));
  EXPECT_THAT(message("10.1.1.1"), HasSubstr("no pod's address"));    // the gateway
  EXPECT_THAT(message("10.1.1.255"), HasSubstr("no pod's address"));  // broadcast
  EXPECT_THAT(message("10.1.1.5,fd00:1::6"), HasSubstr("ask for 10.1.1.5,fd00:1::5"));
}

TEST(MacTest, ComesFromTheAddress) {
  EXPECT_EQ(MacOf(*ParseIps("10.1.1.5,fd00::5")).ToString(), "0a:58:0a:01:01:05");
  EXPECT_EQ(MacOf(*ParseIps("fd00::5,10.1.1.5")).ToString(), "0a:58:0a:01:01:05");
  EXPECT_EQ(MacOf(*ParseIps("fd00::5")).ToString().substr(0, 5), "0a:58");
  EXPECT_NE(MacOf(*ParseIps("fd00::5")), MacOf(*ParseIps("fd00::6")));
}

}  // namespace
}  // namespace kvs::cni
