#include "cni/places.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kvs::cni {
namespace {

using ::testing::HasSubstr;

Call CallOf(std::string_view ips = "") {
  Call call;
  call.env.container = "c1";
  call.env.ifname = "eth0";
  call.conf.ips = *ParseIps(ips);
  return call;
}

std::vector<Prefix> Range() { return *ParsePrefixes("10.1.1.0/29"); }  // room for 3, 4, 5 and 6

TEST(PlacesTest, LeavesOutPortsAndGoesOnWhenOneIsTaken) {
  const Call call = CallOf();
  Places places(call, Range(), {"kv3", "kv5", "k-vswitch0", "overlay0"}, {});
  const Place first = *places.Next();
  EXPECT_TRUE(first.port == "kv4" || first.port == "kv6") << first.port;
  EXPECT_EQ(first.ofport, first.port == "kv4" ? 20 : 22);
  places.Taken();
  EXPECT_NE(places.Next()->port, first.port);
  EXPECT_FALSE(places.insists());
}

TEST(PlacesTest, InsistsOnlyWhenNothingElseIsFree) {
  const Call call = CallOf();
  Places places(call, Range(), {"kv3", "kv4", "kv5"}, {});
  EXPECT_EQ(places.Next()->port, "kv6");
  places.Taken();  // its link is still there
  EXPECT_EQ(places.Next()->port, "kv6");
  EXPECT_TRUE(places.insists());
  places.Taken();
  const auto none = places.Next();
  EXPECT_EQ(none.error().code, 11);
  EXPECT_THAT(none.error().message, HasSubstr("range 10.1.1.0/29: 4 are in use"));
}

TEST(PlacesTest, ARequestIsKeptOrRefused) {
  const Call call = CallOf("10.1.1.4");
  Places places(call, Range(), {}, {});
  EXPECT_EQ(places.Next()->port, "kv4");
  EXPECT_TRUE(places.insists());
  places.Taken();
  EXPECT_EQ(places.Next().error().code, 102);
}

TEST(PlacesTest, ADelegatedAddressHasOnePlace) {
  const Call call = CallOf();
  Places places(call, Range(), {}, *ParseIps("10.9.0.2,fd00::2,10.9.0.2"));
  const Place place = *places.Next();
  EXPECT_THAT(place.port, ::testing::StartsWith("kvx"));
  EXPECT_EQ(Join(place.ips), "10.9.0.2,fd00::2");
  EXPECT_EQ(place.ofport, std::nullopt);
  places.Taken();
  EXPECT_EQ(places.Next().error().code, 102);
}

}  // namespace
}  // namespace kvs::cni
