#include "cni/port_candidates.h"

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

TEST(PortCandidatesTest, LeavesOutPortsAndGoesOnWhenOneIsTaken) {
  const Call call = CallOf();
  PortCandidates candidates(call, Range(), {"kv3", "kv5", "k-vswitch0", "overlay0"}, {});
  const PortCandidate first = *candidates.Next();
  EXPECT_TRUE(first.port == "kv4" || first.port == "kv6") << first.port;
  EXPECT_EQ(first.ofport, first.port == "kv4" ? 20 : 22);
  candidates.Taken();
  EXPECT_NE(candidates.Next()->port, first.port);
  EXPECT_FALSE(candidates.insists());
}

TEST(PortCandidatesTest, InsistsOnlyWhenNothingElseIsFree) {
  const Call call = CallOf();
  PortCandidates candidates(call, Range(), {"kv3", "kv4", "kv5"}, {});
  EXPECT_EQ(candidates.Next()->port, "kv6");
  candidates.Taken();  // its link is still there
  EXPECT_EQ(candidates.Next()->port, "kv6");
  EXPECT_TRUE(candidates.insists());
  candidates.Taken();
  const auto none = candidates.Next();
  EXPECT_EQ(none.error().code, 11);
  EXPECT_THAT(none.error().message, HasSubstr("range 10.1.1.0/29: 4 are in use"));
}

TEST(PortCandidatesTest, ARequestIsKeptOrRefused) {
  const Call call = CallOf("10.1.1.4");
  PortCandidates candidates(call, Range(), {}, {});
  EXPECT_EQ(candidates.Next()->port, "kv4");
  EXPECT_TRUE(candidates.insists());
  candidates.Taken();
  EXPECT_EQ(candidates.Next().error().code, 102);
}

TEST(PortCandidatesTest, ADelegatedAddressHasOneCandidate) {
  const Call call = CallOf();
  PortCandidates candidates(call, Range(), {}, *ParseIps("10.9.0.2,fd00::2,10.9.0.2"));
  const PortCandidate candidate = *candidates.Next();
  EXPECT_THAT(candidate.port, ::testing::StartsWith("kvx"));
  EXPECT_EQ(Join(candidate.ips), "10.9.0.2,fd00::2");
  EXPECT_EQ(candidate.ofport, std::nullopt);
  candidates.Taken();
  EXPECT_EQ(candidates.Next().error().code, 102);
}

}  // namespace
}  // namespace kvs::cni
