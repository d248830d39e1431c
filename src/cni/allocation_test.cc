#include "cni/allocation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kvs::cni {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

AddressPool Over(std::string_view ranges) { return *AddressPool::Over(*ParsePrefixes(ranges)); }

TEST(AddressPoolTest, LeavesOutWhatIsNoPods) {
  EXPECT_EQ(Over("10.1.1.0/24").end(), 255u);  // not the broadcast address
  EXPECT_EQ(Over("fd00::/64").end(), 3 + kMostPods);
  EXPECT_EQ(Over("10.1.1.0/29,fd00::/64").end(), 7u);  // the smaller range decides
  EXPECT_EQ(Over("fd00::/126").end(), 4u);             // room for one
}

TEST(AddressPoolTest, RefusesRangesWithoutRoom) {
  EXPECT_EQ(AddressPool::Over({}).error().code, 11);
  const auto small = AddressPool::Over(*ParsePrefixes("10.1.1.0/30"));
  EXPECT_EQ(small.error().code, 11);
  EXPECT_THAT(small.error().message, HasSubstr("10.1.1.0/30 has no room"));
}

TEST(AddressPoolTest, GivesEveryAddressOnceAndThenNone) {
  const AddressPool pool = Over("10.1.1.0/24,fd00::/64");
  std::set<uint64_t> taken;
  while (const auto index = pool.Pick("pod" + std::to_string(taken.size()), taken)) {
    EXPECT_GE(*index, 3u);
    EXPECT_LT(*index, 255u);
    ASSERT_TRUE(taken.insert(*index).second);
  }
  EXPECT_EQ(taken.size(), 252u);
}

TEST(AddressPoolTest, GoesRoundFromTheHashedPlace) {
  const AddressPool pool = Over("10.1.1.0/28");
  const uint64_t start = *pool.Pick("a", {});
  EXPECT_EQ(pool.Pick("a", {}), start);  // always the same
  std::set<uint64_t> taken;
  for (uint64_t i = start; i < pool.end(); ++i) taken.insert(i);
  EXPECT_EQ(pool.Pick("a", taken), start > 3 ? std::optional<uint64_t>(3) : std::nullopt);
  EXPECT_EQ(pool.Pick("a", {0, 1, 2, start}), start + 1 < pool.end() ? start + 1 : 3);
}

TEST(AddressPoolTest, SpreadsOwners) {
  const AddressPool pool = Over("10.1.0.0/16");
  std::set<uint64_t> starts;
  for (int i = 0; i < 1000; ++i) starts.insert(*pool.Pick("pod" + std::to_string(i), {}));
  EXPECT_GT(starts.size(), 950u);
}

TEST(AddressPoolTest, BothFamiliesShareTheIndex) {
  const AddressPool pool = Over("10.1.1.0/24,fd00:1::/64");
  EXPECT_THAT(pool.At(0x1f), ElementsAre(*Ip::Parse("10.1.1.31"), *Ip::Parse("fd00:1::1f")));
  EXPECT_EQ(pool.IndexOf(*ParseIps("10.1.1.31")), 0x1fu);
  EXPECT_EQ(pool.IndexOf(*ParseIps("fd00:1::1f,10.1.1.31")), 0x1fu);
}

TEST(AddressPoolTest, RefusesRequestsItCannotKeep) {
  const AddressPool pool = Over("10.1.1.0/24,fd00:1::/64");
  const auto message = [&](std::string_view ips) {
    const auto index = pool.IndexOf(*ParseIps(ips));
    EXPECT_EQ(index.error().code, 7);
    return index.error().message;
  };
  EXPECT_THAT(message("10.1.2.5"), HasSubstr("10.1.2.5 can't be a pod's address in 10.1.1.0/24"));
  EXPECT_THAT(message("10.1.1.1"), HasSubstr("can't be a pod's address"));    // the gateway
  EXPECT_THAT(message("10.1.1.255"), HasSubstr("can't be a pod's address"));  // broadcast
  EXPECT_THAT(message("10.1.1.5,fd00:1::6"), HasSubstr("request 10.1.1.5,fd00:1::5"));
}

TEST(MacTest, ComesFromTheAddress) {
  EXPECT_EQ(MacOf(*ParseIps("10.1.1.5,fd00::5")).ToString(), "0a:58:0a:01:01:05");
  EXPECT_EQ(MacOf(*ParseIps("fd00::5,10.1.1.5")).ToString(), "0a:58:0a:01:01:05");
  EXPECT_EQ(MacOf(*ParseIps("fd00::5")).ToString().substr(0, 5), "0a:58");
  EXPECT_NE(MacOf(*ParseIps("fd00::5")), MacOf(*ParseIps("fd00::6")));
}

}  // namespace
}  // namespace kvs::cni
