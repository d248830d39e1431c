#include "netlink/conntrack.h"

#include <gmock/gmock.h>

#include "netlink/live_room.h"

// Against the kernel's own table, of connections that ping(8) makes in zones of nftables.
namespace kvs::netlink {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class ConntrackLiveTest : public testing::Test {
 protected:
  void SetUp() override {
    if (getuid() != 0) GTEST_SKIP() << "needs root";
    room_ = std::make_unique<LiveRoom>("ct");
    ASSERT_TRUE(
        room_->Shell("ip link set lo up && "
                     "for i in 1 2 3; do ip addr add 10.9.9.$i dev lo; "
                     "ip addr add fd00:9::$i dev lo nodad; done"));
    ASSERT_TRUE(
        room_->Shell("nft 'table inet z { chain o { type filter hook output priority -300; "
                     "ip daddr 10.9.9.3 ct zone set 3; ip daddr 10.9.9.2 ct zone set 2; "
                     "ip6 daddr fd00:9::2 ct zone set 2; }; }'"));
    netfilter_ = Must(room_->in().Run([] { return Socket::OpenNetfilter(); }));
  }
  void Ping(const std::string& from, const std::string& to) {
    ASSERT_TRUE(room_->Shell("ping -q -c1 -W2 -I " + from + " " + to + " >/dev/null"));
  }
  std::map<Ip, uint64_t> Count(uint16_t zone) { return Must(CountConnections(*netfilter_, zone)); }

  const Ip one_ = *Ip::Parse("10.9.9.1"), two_ = *Ip::Parse("10.9.9.2"),
           three_ = *Ip::Parse("10.9.9.3"), six_ = *Ip::Parse("fd00:9::1");
  std::unique_ptr<LiveRoom> room_;
  std::unique_ptr<Socket> netfilter_;
};

TEST_F(ConntrackLiveTest, CountsByZoneAndClient) {
  EXPECT_THAT(Count(2), IsEmpty());
  Ping("10.9.9.1", "10.9.9.2");
  Ping("10.9.9.1", "10.9.9.2");
  Ping("10.9.9.3", "10.9.9.2");
  Ping("fd00:9::1", "fd00:9::2");
  Ping("10.9.9.1", "10.9.9.3");
  EXPECT_THAT(Count(2), ElementsAre(Pair(one_, 2), Pair(three_, 1), Pair(six_, 1)));
  EXPECT_THAT(Count(3), ElementsAre(Pair(one_, 1)));
}

TEST_F(ConntrackLiveTest, ForgetsWhatAnAddressTakesPartIn) {
  Ping("10.9.9.1", "10.9.9.2");  // 3 has no part in it
  Ping("10.9.9.3", "10.9.9.2");  // began it
  Ping("10.9.9.1", "10.9.9.3");  // answers it, in another zone
  Ping("fd00:9::1", "fd00:9::2");
  ASSERT_EQ(Code(ForgetConnections(*netfilter_, {2}, {three_})), 0);
  EXPECT_THAT(Count(2), ElementsAre(Pair(one_, 1), Pair(six_, 1)));
  EXPECT_THAT(Count(3), ElementsAre(Pair(one_, 1)));
  ASSERT_EQ(Code(ForgetConnections(*netfilter_, {2, 3}, {three_, *Ip::Parse("fd00:9::2")})), 0);
  EXPECT_THAT(Count(2), ElementsAre(Pair(one_, 1)));
  EXPECT_THAT(Count(3), IsEmpty());
  EXPECT_EQ(Code(ForgetConnections(*netfilter_, {2, 3}, {three_})), 0) << "nothing is left";
}

}  // namespace
}  // namespace kvs::netlink
