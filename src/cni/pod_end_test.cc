#include "cni/pod_end.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kvs::cni {
namespace {

using ::testing::IsEmpty;

constexpr int kOther = 2, kOurs = 3;

Prefix ParsePrefix(std::string_view text) { return *Prefix::Parse(text); }

TEST(RoutesFor, AreOnePerDestination) {
  const auto routes = RoutesFor({*Ip::Parse("10.1.1.5"), *Ip::Parse("fd00::5")},
                                {{ParsePrefix("0.0.0.0/0"), *Ip::Parse("10.1.1.1")},
                                 {ParsePrefix("10.8.0.0/16"), std::nullopt}});
  const std::vector<CniResult::Route> expected = {{ParsePrefix("0.0.0.0/0"), kGateway4},
                                                  {ParsePrefix("::/0"), kGateway6},
                                                  {ParsePrefix("10.8.0.0/16"), kGateway4}};
  EXPECT_EQ(routes, expected);
}

TEST(WithoutOthers, LeavesToAnotherLinkWhatItHas) {
  const std::vector<CniResult::Route> wanted = {{ParsePrefix("0.0.0.0/0"), kGateway4},
                                                {ParsePrefix("::/0"), kGateway6}};
  const auto left = [&](const netlink::Route& there) {
    return WithoutOthers(wanted, {there}, kOurs);
  };
  EXPECT_EQ(WithoutOthers(wanted, {}, kOurs), wanted);
  for (const uint32_t metric : {0, 50, 4096})
    EXPECT_EQ(left({.destination = ParsePrefix("0.0.0.0/0"), .link = kOther, .metric = metric}),
              std::vector{wanted[1]});
  EXPECT_EQ(left({.destination = ParsePrefix("::/0"), .link = kOther, .protocol = RTPROT_RA}),
            std::vector{wanted[0]})
      << "each family by itself";
  EXPECT_EQ(left({.destination = ParsePrefix("0.0.0.0/0"), .link = 0}), std::vector{wanted[1]})
      << "several next hops";
  EXPECT_EQ(left({.destination = ParsePrefix("0.0.0.0/0"), .type = RTN_BLACKHOLE}),
            std::vector{wanted[1]});
  EXPECT_EQ(left({.destination = ParsePrefix("0.0.0.0/0"), .link = kOurs}), wanted);
  EXPECT_EQ(left({.destination = ParsePrefix("0.0.0.0/1"), .link = kOther}), wanted);
  EXPECT_EQ(left({.destination = ParsePrefix("0.0.0.0/0"), .link = kOther, .table = 100}), wanted);
  EXPECT_THAT(WithoutOthers({wanted[0]},
                            {{.destination = ParsePrefix("0.0.0.0/0"), .link = kOurs},
                             {.destination = ParsePrefix("0.0.0.0/0"), .link = kOther}},
                            kOurs),
              IsEmpty());
}

}  // namespace
}  // namespace kvs::cni
