#include "apply/targets/settings_target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apply/frame/reconciler_of.h"
#include "apply/targets/settings_folder.h"
#include "io/test_loop.h"

namespace kvs::apply {
namespace {

using pipeline::KernelSetting;

class SettingsTargetTest : public SettingsFolder {
 protected:
  io::TestLoop loop_;
  engine::Desired<KernelSetting> desired_;
  SettingsTarget target_{Record(), desired_};
  ReconcilerOf<KernelSetting> reconciler_{
      loop_,
      target_,
      {.name = "kernel settings", .revision = [] { return 1; }, .limits = {}},
      desired_};
};

TEST_F(SettingsTargetTest, SetsWhatIsOtherwiseAndMendsIt) {
  Set("net/ipv4/ip_forward", "0");
  Set("net/ipv4/conf/k-vswitch0/rp_filter", "1");
  desired_.Set({{"net/ipv4/ip_forward", "1"}, {"net/ipv4/conf/k-vswitch0/rp_filter", "0"}});
  reconciler_.Begin();
  EXPECT_EQ(Get("net/ipv4/ip_forward"), "1");
  EXPECT_EQ(Get("net/ipv4/conf/k-vswitch0/rp_filter"), "0");
  Set("net/ipv4/ip_forward", "0");
  reconciler_.Resync();
  EXPECT_TRUE(loop_.Until([&] { return Get("net/ipv4/ip_forward") == "1"; }));
  EXPECT_EQ(reconciler_.counters().repairs, 1u);
}

// An IPv4 cluster on a node whose kernel has no IPv6, and the reverse.
TEST_F(SettingsTargetTest, ASettingThatCannotBeMadeDelaysNoOther) {
  Set("net/ipv4/ip_forward", "0");
  desired_.Set({{"net/ipv4/ip_forward", "1"}, {"net/ipv6/conf/all/forwarding", "1"}});
  reconciler_.Begin();
  EXPECT_EQ(Get("net/ipv4/ip_forward"), "1");
  const auto problems = reconciler_.Problems();
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].field, "sysctl net/ipv6/conf/all/forwarding");
  EXPECT_THAT(problems[0].message, testing::HasSubstr("ipv6.disable=1"));
  EXPECT_EQ(reconciler_.applied(), 1u);
}

}  // namespace
}  // namespace kvs::apply
