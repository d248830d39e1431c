#include <linux/netfilter.h>

#include <algorithm>
#include <vector>

#include "io/test_loop.h"
#include "netlink/filter_chain.h"
#include "netlink/live_room.h"
#include "netlink/nft_content.h"
#include "netlink/nft_monitor.h"
#include "netlink/nftables.h"

// What nft(8) does is seen, all of it.
namespace kvs::netlink {
namespace {

constexpr char kTable[] =
    "table inet t { set s { type ipv4_addr; flags interval; elements = { 10.1.0.0/16 }; }; "
    "chain c { type filter hook forward priority 0; policy accept; ip saddr @s drop; ip daddr @s "
    "drop; }; }";

class NftLiveTest : public testing::Test {
 protected:
  void SetUp() override {
    if (getuid() != 0) GTEST_SKIP() << "needs root";
    room_ = std::make_unique<LiveRoom>("nft");
    netfilter_ = Must(room_->in().Run([] { return Socket::OpenNetfilter(); }));
  }
  bool Nft(const std::string& commands) { return room_->Shell("nft '" + commands + "'"); }
  std::optional<uint64_t> Content() {
    return Must(ReadTableContent(*netfilter_, NFPROTO_INET, "t"));
  }
  std::vector<std::string> Whole(bool whole) {
    std::vector<std::string> links;
    for (const IngressDrop& drop : Must(DumpIngressDrops(*netfilter_)))
      if (drop.whole == whole) links.push_back(drop.link);
    return links;
  }

  std::unique_ptr<LiveRoom> room_;
  std::unique_ptr<Socket> netfilter_;
};

TEST_F(NftLiveTest, ATableWrittenAgainHasTheSameContent) {
  EXPECT_EQ(Content(), std::nullopt);
  ASSERT_TRUE(Nft(kTable));
  const auto content = Content();
  ASSERT_TRUE(content);
  EXPECT_EQ(Content(), content);
  ASSERT_TRUE(Nft("add table inet other { chain c { type filter hook input priority 0; }; }"));
  EXPECT_EQ(Content(), content) << "another table is no matter";
  ASSERT_TRUE(Nft("flush ruleset") && Nft(kTable));
  EXPECT_EQ(Content(), content);
}

TEST_F(NftLiveTest, EveryChangeOfATableIsSeen) {
  const char* changes[] = {
      "delete table inet t",
      "flush chain inet t c",
      "add rule inet t c accept",
      "insert rule inet t c accept",
      "replace rule inet t c handle 3 ip saddr @s accept",
      "chain inet t c { policy drop; }",
      "add chain inet t d",
      "add set inet t more { type ipv4_addr; }",
      "add element inet t s { 10.2.0.0/16 }",
      "delete element inet t s { 10.1.0.0/16 }",
      "add table inet t { flags dormant; }",
  };
  for (const char* change : changes) {
    SCOPED_TRACE(change);
    ASSERT_TRUE(Nft("flush ruleset") && Nft(kTable));
    const auto before = Content();
    ASSERT_TRUE(Nft(change));
    EXPECT_NE(Content(), before);
  }
}

TEST_F(NftLiveTest, AnIngressDropIsWholeOrMadeAgain) {
  ASSERT_TRUE(room_->Shell("ip link add kv3 type veth peer kv4"));
  for (const char* link : {"kv3", "kv4"}) ASSERT_TRUE(DropIngress(*netfilter_, link));
  EXPECT_EQ(Whole(true), (std::vector<std::string>{"kv3", "kv4"}));
  const char* changes[] = {
      "add rule netdev k-vswitch kv3 accept",
      "chain netdev k-vswitch kv3 { policy accept; }",
      "delete chain netdev k-vswitch kv3",
  };
  for (const char* change : changes) {
    SCOPED_TRACE(change);
    ASSERT_TRUE(Nft(change));
    EXPECT_EQ(Whole(true), std::vector<std::string>{"kv4"});
    ASSERT_EQ(Code(DropIngress(*netfilter_, "kv3")), 0);
    EXPECT_EQ(Whole(true).size(), 2u);
    EXPECT_TRUE(Whole(false).empty());
  }
  ASSERT_TRUE(Nft("add table netdev k-vswitch { flags dormant; }"));
  EXPECT_EQ(Whole(false).size(), 2u);
  for (const char* link : {"kv3", "kv4"}) ASSERT_EQ(Code(DropIngress(*netfilter_, link)), 0);
  EXPECT_EQ(Whole(true).size(), 2u);

  ASSERT_TRUE(Nft("add rule netdev k-vswitch kv3 accept"));
  EXPECT_EQ(Code(AllowIngress(*netfilter_, "kv3")), 0);
  EXPECT_EQ(Code(AllowIngress(*netfilter_, "kv3")), ENOENT);
  EXPECT_EQ(Whole(true), std::vector<std::string>{"kv4"});
}

TEST_F(NftLiveTest, TheMonitorTellsWhichTablesAndWho) {
  io::TestLoop loop;
  std::vector<NftCommit> commits;
  auto monitor = Must(room_->in().Run([&] {
    return NftMonitor::Open(
        loop, {.on_commit = [&](const NftCommit& commit) { commits.push_back(commit); },
               .on_resync = {}});
  }));
  ASSERT_TRUE(Nft(kTable));
  ASSERT_TRUE(loop.Until([&] { return !commits.empty(); }));
  EXPECT_TRUE(commits[0].Touches(NFPROTO_INET, "t"));
  EXPECT_FALSE(commits[0].Touches(NFPROTO_IPV4, "t"));
  EXPECT_EQ(commits[0].process, "nft");
  EXPECT_GT(commits[0].pid, 1u);
  EXPECT_EQ(commits[0].generation, Must(RulesetGeneration(*netfilter_)));
  ASSERT_TRUE(Nft("add element inet t s { 10.7.0.0/16 }"));
  ASSERT_TRUE(loop.Until([&] { return commits.size() == 2; }));
  EXPECT_TRUE(commits[1].Touches(NFPROTO_INET, "t"));
  ASSERT_TRUE(Nft("flush ruleset"));
  ASSERT_TRUE(loop.Until([&] { return commits.size() == 3; }));
  EXPECT_TRUE(commits[2].Touches(NFPROTO_INET, "t"));
}

}  // namespace
}  // namespace kvs::netlink
