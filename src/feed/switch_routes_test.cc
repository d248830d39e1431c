#include "feed/switch_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kvs::feed {
namespace {

TEST(SwitchRoutesTest, LocalAddressesAreRead) {
  EXPECT_THAT(
      ParseLocalAddresses("Route Table:\n"
                          "Cached: 10.200.0.0/24 dev br-phy SRC 10.200.0.1\n"
                          "Cached: 10.200.0.1/32 dev br-phy SRC 10.200.0.1 local\n"
                          "Cached: ::1/128 dev lo SRC ::1 local\n"
                          "User: 10.9.0.0/16 dev br-phy GW 10.200.0.254 SRC 10.200.0.1\n"
                          "Cached: fd00:200::1/128 dev br-phy SRC fd00:200::1 local\n"),
      testing::ElementsAre(*Ip::Parse("10.200.0.1"), *Ip::Parse("::1"), *Ip::Parse("fd00:200::1")));
}

TEST(SwitchRoutesTest, OtherTextHasNone) {
  for (const char* text : {"", "Route Table:\n", "local", "Cached: local", "Cached: 10.0.0.1/32",
                           "Cached: 10.200.0.0/24 dev br-phy SRC 10.200.0.1 local"})
    EXPECT_THAT(ParseLocalAddresses(text), testing::IsEmpty()) << text;
}

}  // namespace
}  // namespace kvs::feed
