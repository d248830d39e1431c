#include "apply/targets/nft_target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kvs::apply {
namespace {

using pipeline::AddressSetMember;
using Set = AddressSetMember::Set;
using testing::HasSubstr;
using testing::Not;

AddressSetMember In(Set set, const char* prefix) { return {set, *Prefix::Parse(prefix)}; }

TEST(NftTarget, TheRulesetReplacesTheTableAsAWhole) {
  const std::string text =
      Ruleset({In(Set::kMasqueraded, "10.244.1.0/24"), In(Set::kCluster, "10.244.0.0/16"),
               In(Set::kCluster, "fd00:10:244::/56")},
              "k-vswitch0");
  EXPECT_THAT(text, testing::StartsWith("add table inet k-vswitch\ndelete table inet k-vswitch\n"));
  EXPECT_THAT(text, HasSubstr("set masqueraded4 { type ipv4_addr; flags interval; elements = { "
                              "10.244.1.0/24 }; }"));
  EXPECT_THAT(text, HasSubstr("set cluster6 { type ipv6_addr; flags interval; elements = { "
                              "fd00:10:244::/56 }; }"));
  EXPECT_THAT(text, HasSubstr("set masqueraded6 { type ipv6_addr; flags interval;  }"));
  EXPECT_THAT(text, HasSubstr("ip saddr @masqueraded4 ip daddr != @cluster4 oifname != "
                              "\"k-vswitch0\" masquerade"));
  EXPECT_THAT(text, HasSubstr("ip6 saddr @guarded6 iifname != \"k-vswitch0\" oifname "
                              "\"k-vswitch0\" drop"));
  EXPECT_THAT(text, HasSubstr("    iifname \"k-vswitch0\" ip6 daddr @denied6 drop\n"));
  EXPECT_THAT(text, HasSubstr("    ip daddr @tunnel_ends4 udp dport { 4789, 6081 } drop\n"));
  EXPECT_THAT(text, HasSubstr("    ip6 saddr @tunnel_ends6 ip6 daddr @tunnel_ends6 meta l4proto 47 "
                              "notrack\n"));
}

// However many addresses a node has, they are elements, and no rules.
TEST(NftTarget, TheRulesAreAlwaysTheSame) {
  std::set<AddressSetMember> many;
  for (int i = 0; i < 2000; ++i)
    many.insert(In(Set::kGuarded, fmt::format("10.9.{}.{}/32", i / 250, i % 250).c_str()));
  const auto rules = [](const std::string& text) { return text.substr(text.find("  chain ")); };
  EXPECT_EQ(rules(Ruleset(many, "k-vswitch0")), rules(Ruleset({}, "k-vswitch0")));
}

TEST(NftTarget, WhatLiesWithinAnotherIsLeftOut) {
  const std::string text =
      Ruleset({In(Set::kGuarded, "10.244.0.0/16"), In(Set::kGuarded, "10.244.1.0/24"),
               In(Set::kGuarded, "10.245.0.0/16"), In(Set::kMasqueraded, "10.244.1.0/24")},
              "k-vswitch0");
  EXPECT_THAT(text, HasSubstr("elements = { 10.244.0.0/16,10.245.0.0/16 }"));
  EXPECT_THAT(text, HasSubstr("elements = { 10.244.1.0/24 }"));
}

TEST(NftTarget, AChangeOfMembersIsOneOfElements) {
  const std::set<AddressSetMember> before = {In(Set::kGuarded, "10.244.0.0/16"),
                                             In(Set::kGuarded, "10.9.0.1/32")};
  std::set<AddressSetMember> now = before;
  now.insert(In(Set::kGuarded, "10.244.1.0/24"));
  EXPECT_EQ(ElementChanges(before, now), "") << "no packet sees a difference";
  now.erase(In(Set::kGuarded, "10.244.0.0/16"));
  now.insert(In(Set::kCluster, "fd00::/48"));
  EXPECT_EQ(ElementChanges(before, now),
            "add element inet k-vswitch cluster6 { fd00::/48 }\n"
            "delete element inet k-vswitch guarded4 { 10.244.0.0/16 }\n"
            "add element inet k-vswitch guarded4 { 10.244.1.0/24 }\n");
}

}  // namespace
}  // namespace kvs::apply
