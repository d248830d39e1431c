#include "apply/targets/firewall_target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/netfilter.h>

namespace kvs::apply {
namespace {

using netlink::ChainRule;
using netlink::FilterChain;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// What Docker leaves: everything that no rule names is dropped.
FilterChain Forward(bool drops = true) {
  return {.family = NFPROTO_IPV4,
          .table = "filter",
          .name = "FORWARD",
          .hook = FilterChain::Hook::kForward,
          .drops = drops,
          .owned = false,
          .rules = {}};
}

FilterChain Input() {
  FilterChain chain = Forward();
  chain.family = NFPROTO_INET;
  chain.table = "firewalld";
  chain.name = "filter_INPUT";
  chain.hook = FilterChain::Hook::kInput;
  return chain;
}

ChainRule Commented(uint64_t handle, std::string comment) {
  ChainRule rule;
  rule.handle = handle;
  rule.comment = std::move(comment);
  return rule;
}

const std::vector<Pass> kVxlan = PassesFor("k-vswitch0", "vxlan");

TEST(Firewall, WhatDropsGetsOurRules) {
  EXPECT_THAT(
      CommandsFor({Forward(), Input()}, kVxlan),
      ElementsAre("insert rule ip filter FORWARD iifname \"k-vswitch0\" counter accept comment "
                  "\"k-vswitch: from pods\"",
                  "insert rule ip filter FORWARD oifname \"k-vswitch0\" counter accept comment "
                  "\"k-vswitch: to pods\"",
                  "insert rule inet firewalld filter_INPUT udp dport 4789 counter accept comment "
                  "\"k-vswitch: vxlan\""));
}

TEST(Firewall, WhatDropsOnlyWhatItNamesIsLeftAlone) {
  EXPECT_THAT(CommandsFor({Forward(false)}, kVxlan), IsEmpty());
}

TEST(Firewall, OnlyWhatIsMissingIsAdded) {
  FilterChain chain = Forward();
  chain.rules = {Commented(5, "k-vswitch: from pods"), Commented(6, "of the administrator")};
  EXPECT_THAT(CommandsFor({chain}, kVxlan), ElementsAre(HasSubstr("to pods")));
  chain.rules.push_back(Commented(7, "k-vswitch: to pods"));
  EXPECT_THAT(CommandsFor({chain}, kVxlan), IsEmpty());
}

TEST(Firewall, OurRulesGoWhereTheyAreNotNeeded) {
  FilterChain chain = Forward(false);
  chain.rules = {Commented(5, "k-vswitch: from pods"), Commented(6, "of the administrator")};
  EXPECT_THAT(CommandsFor({chain}, kVxlan), ElementsAre("delete rule ip filter FORWARD handle 5"));
}

TEST(Firewall, TheRuleForTheTunnelFollowsItsType) {
  FilterChain chain = Input();
  chain.rules = {Commented(5, "k-vswitch: vxlan")};
  EXPECT_THAT(CommandsFor({chain}, PassesFor("k-vswitch0", "gre")),
              ElementsAre("delete rule inet firewalld filter_INPUT handle 5",
                          "insert rule inet firewalld filter_INPUT meta l4proto 47 counter accept "
                          "comment \"k-vswitch: gre\""));
  EXPECT_THAT(CommandsFor({chain}, PassesFor("k-vswitch0", "geneve")),
              testing::Contains(HasSubstr("udp dport 6081")));
  EXPECT_THAT(CommandsFor({chain}, PassesFor("k-vswitch0", "")), testing::SizeIs(1));
}

TEST(Firewall, AnOwnedChainIsAProblemWithARemedy) {
  FilterChain chain = Input();
  chain.owned = true;
  EXPECT_THAT(CommandsFor({chain}, kVxlan), IsEmpty());
  EXPECT_THAT(InTheWay(chain, kVxlan.back()).message,
              testing::AllOf(HasSubstr("inet firewalld filter_INPUT"),
                             HasSubstr("firewall-cmd --permanent --add-port=4789/udp")));
  chain.table = "mine";
  EXPECT_THAT(InTheWay(chain, kVxlan.back()).message, HasSubstr("udp dport 4789 accept"));
}

}  // namespace
}  // namespace kvs::apply
