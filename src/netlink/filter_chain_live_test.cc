#include "netlink/filter_chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/netfilter.h>

#include <cstdio>
#include <thread>

#include "netlink/live_room.h"

namespace kvs::netlink {
namespace {

using testing::IsEmpty;

// A command that makes one base chain, and others that it may call.
struct Case {
  const char* name;
  const char* command;
  bool drops;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class FilterChainLive : public ::testing::Test {
 protected:
  // All chains after `command`, which makes at least one.
  std::vector<FilterChain> ChainsAfter(const std::string& command) {
    EXPECT_TRUE(room_.Shell(command)) << command;
    return Must(ReadFilterChains(*socket_));
  }

  LiveRoom room_{"filter"};
  std::unique_ptr<Socket> socket_ = Must(room_.in().Run([] { return Socket::OpenNetfilter(); }));
};

class DropsLive : public FilterChainLive, public testing::WithParamInterface<Case> {};

TEST_P(DropsLive, IsSeen) {
  const auto chains = ChainsAfter(GetParam().command);
  ASSERT_EQ(chains.size(), 1u);
  EXPECT_EQ(chains[0].drops, GetParam().drops);
}

const Case kCases[] = {
    {"EmptyChain", "nft 'table inet t { chain c { type filter hook forward priority 10; }; }'",
     false},
    {"Policy",
     "nft 'table ip t { chain c { type filter hook forward priority 0; policy drop; ct state "
     "established accept; }; }'",
     true},
    {"Docker", "iptables-nft -P FORWARD DROP", true},
    {"IptablesReject", "iptables-nft -A FORWARD -j REJECT", true},
    {"IptablesRejectOfSome", "iptables-nft -A FORWARD -i eth0 -j REJECT", false},
    {"IptablesLog", "iptables-nft -A FORWARD -j LOG", false},
    {"Firewalld",
     "nft 'table inet t { chain p { iifname eth0 accept; }; chain c { type filter hook forward "
     "priority 10; ct state established,related accept; jump p; reject with icmpx "
     "admin-prohibited; }; }'",
     true},
    {"RejectInAChainThatIsCalled",
     "nft 'table inet t { chain q { counter log drop; }; chain p { jump q; accept; }; chain c { "
     "type filter hook forward priority 10; jump p; }; }'",
     true},
    {"RejectBehindAnAccept",
     "nft 'table inet t { chain c { type filter hook forward priority 10; counter accept; drop; }; "
     "}'",
     false},
    {"AcceptBeforeThePolicy",
     "nft 'table inet t { chain c { type filter hook forward priority 10; policy drop; accept; }; "
     "}'",
     false},
    {"RejectBehindAReturn",
     "nft 'table inet t { chain p { return; drop; }; chain c { type filter hook forward priority "
     "10; jump p; }; }'",
     false},
    {"RejectBehindAGoto",
     "nft 'table inet t { chain p { }; chain c { type filter hook forward priority 10; goto p; "
     "drop; }; }'",
     false},
    {"DropOfSome",
     "nft 'table inet t { chain c { type filter hook input priority 10; ct state invalid drop; }; "
     "}'",
     false},
};

INSTANTIATE_TEST_SUITE_P(Chains, DropsLive, testing::ValuesIn(kCases),
                         [](const auto& info) { return info.param.name; });

TEST_F(FilterChainLive, NamesTheChainAndItsRules) {
  const auto chains = ChainsAfter(
      "nft 'table ip6 t { chain c { type filter hook input priority 0; udp dport 4789 counter "
      "accept comment \"ours: a\"; drop; }; }'");
  ASSERT_EQ(chains.size(), 1u);
  const FilterChain& chain = chains[0];
  EXPECT_EQ(chain.family, NFPROTO_IPV6);
  EXPECT_EQ(chain.table, "t");
  EXPECT_EQ(chain.name, "c");
  EXPECT_EQ(chain.hook, FilterChain::Hook::kInput);
  EXPECT_FALSE(chain.owned);
  ASSERT_EQ(chain.rules.size(), 2u);
  EXPECT_EQ(chain.rules[0].comment, "ours: a");
  EXPECT_EQ(chain.rules[0].always, ChainRule::Always::kNothing);
  EXPECT_EQ(chain.rules[1].always, ChainRule::Always::kDrop);
  EXPECT_TRUE(room_.Shell(fmt::format("nft delete rule ip6 t c handle {}", chain.rules[0].handle)));
}

TEST_F(FilterChainLive, OtherChainsAreNone) {
  EXPECT_THAT(
      ChainsAfter(
          "nft 'table inet t { chain o { type filter hook output priority 0; }; chain n { "
          "type nat hook input priority 0; }; chain c { }; }; table inet d { flags dormant; "
          "chain c { type filter hook input priority 0; policy drop; }; }; table bridge t "
          "{ chain c { type filter hook forward priority 0; }; }'"),
      IsEmpty());
}

TEST_F(FilterChainLive, ATableMayBeSomebodysOwn) {
  // The table lives as long as the program that made it.
  const std::string program = fmt::format("ip netns exec {} nft -i >/dev/null", room_.name());
  FILE* owner = popen(program.c_str(), "w");
  ASSERT_NE(owner, nullptr);
  std::fputs(
      "add table inet t { flags owner; }\nadd chain inet t c { type filter hook forward priority "
      "0; policy drop; }\nadd rule inet t c iifname \"k-vswitch0\" udp dport 4789 accept\n",
      owner);
  std::fflush(owner);
  std::vector<FilterChain> chains;
  const auto complete = [&] { return chains.size() == 1 && chains[0].rules.size() == 1; };
  for (int tries = 0; tries < 500 && !complete(); ++tries) {
    chains = Must(ReadFilterChains(*socket_));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_TRUE(complete());
  if (complete()) {
    EXPECT_TRUE(chains[0].owned);
    const auto compares = [&](const std::vector<uint8_t>& value) {
      return Must(ComparesWith(*socket_, chains[0], value));
    };
    EXPECT_TRUE(compares({'k', '-', 'v', 's', 'w', 'i', 't', 'c', 'h', '0'}));
    EXPECT_FALSE(compares({'k', '-', 'v', 's', 'w', 'i', 't', 'c', 'h'}));
    EXPECT_TRUE(compares({0x12, 0xb5}));
    EXPECT_FALSE(compares({0x17, 0xc1}));
  }
  pclose(owner);
}

TEST_F(FilterChainLive, EveryChangeIsANewGeneration) {
  const uint32_t before = Must(RulesetGeneration(*socket_));
  EXPECT_EQ(Must(RulesetGeneration(*socket_)), before);
  ASSERT_TRUE(room_.Shell("nft add table ip t"));
  const uint32_t after = Must(RulesetGeneration(*socket_));
  EXPECT_NE(after, before);
  ASSERT_TRUE(room_.Shell("nft add chain ip t c"));
  EXPECT_NE(Must(RulesetGeneration(*socket_)), after);
}

}  // namespace
}  // namespace kvs::netlink
