#include "agent/watch/next_hops.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/test_loop.h"
#include "ovsdb/fake_vswitchd.h"

namespace kvs::agent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class NextHopsTest : public testing::Test {
 protected:
  io::TestLoop loop_;
  ovsdb::FakeVswitchd vswitchd_{
      loop_, [](const std::string&) -> Result<std::string> { return "IP   MAC   Bridge\n====\n"; }};
  ovsdb::Unixctl unixctl_{loop_, vswitchd_.run_dir, "ovs-vswitchd"};
  NextHops hops_{loop_, unixctl_};
};

TEST_F(NextHopsTest, OpenVSwitchIsAskedOnlyWhereThereAreSome) {
  hops_.Look();
  loop_.Advance(std::chrono::minutes(1));
  EXPECT_THAT(vswitchd_.asked, IsEmpty());
  const std::set<NextHop> wanted{{"br-phy", 9999, Ip4{{10, 200, 0, 2}}}};
  hops_.Want(wanted);
  hops_.Want(wanted);
  ASSERT_TRUE(loop_.Until([&] { return !vswitchd_.asked.empty(); }));
  EXPECT_THAT(vswitchd_.asked, ElementsAre("tnl/neigh/show")) << "once for the same";
}

// There is no such link, and nobody answers: it is not asked for ever.
TEST_F(NextHopsTest, WhoDoesNotAnswerIsLeftForTheNextTime) {
  hops_.Want({{"br-phy", 9999, Ip4{{10, 200, 0, 2}}}});
  ASSERT_TRUE(loop_.Until([&] { return vswitchd_.asked.size() == 5; }));
  loop_.Advance(std::chrono::minutes(1));
  EXPECT_EQ(vswitchd_.asked.size(), 5u);
}

}  // namespace
}  // namespace kvs::agent
