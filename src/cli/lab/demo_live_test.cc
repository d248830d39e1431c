#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "cli/inspect/get.h"
#include "cli/inspect/status.h"
#include "cli/lab/demo.h"
#include "cli/lab/lab_actions.h"
#include "cli/terminal/exit_code.h"
#include "lab/machine/state.h"

namespace kvs::cli {
namespace {

class DemoLiveTest : public testing::Test {
 protected:
  void SetUp() override {
    if (getuid() != 0) GTEST_SKIP() << "needs root";
  }
  const std::string name_ = "d" + std::to_string(getpid());
  const lab::State state_ = lab::State::Of(name_).value();
};

TEST_F(DemoLiveTest, ShowsThatAllWorksAndLeavesNothing) {
  EXPECT_EQ(RunDemo({.lab = {.name = name_, .nodes = 2}}), kOk);
  EXPECT_FALSE(state_.Exists());
}

TEST_F(DemoLiveTest, FailsIfAFlowIsBroken) {
  const auto break_routes = [](lab::Lab& lab) {
    lab::Node& node = lab.node("node1");
    ASSERT_TRUE(node.Stop("k-vswitchd", SIGKILL));  // it would repair it
    ASSERT_TRUE(exec::Check(node.Here(
        {"ovs-ofctl", "-OOpenFlow15", "del-flows", "k-vswitch0", "ip,nw_dst=10.244.2.0/24"})));
  };
  EXPECT_EQ(RunDemo({.lab = {.name = name_, .nodes = 2},
                     .timeout = std::chrono::seconds(2),
                     .before_matrix = break_routes}),
            kFailed);
  EXPECT_FALSE(state_.Exists());
}

TEST_F(DemoLiveTest, LeavesNothingWhenInterrupted) {
  const pid_t demo = fork();
  ASSERT_GE(demo, 0);
  if (demo == 0) _exit(RunDemo({.lab = {.name = name_, .nodes = 2}}));
  // In the middle of bringing up node1: its database is there.
  while (!std::filesystem::exists(state_.Path("nodes/node1/ovs/conf.db")))
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  kill(demo, SIGINT);
  int status = 0;
  ASSERT_EQ(waitpid(demo, &status, 0), demo);
  EXPECT_EQ(WEXITSTATUS(status), 128 + SIGINT);
  EXPECT_FALSE(state_.Exists());
}

TEST_F(DemoLiveTest, ALabIsKeptUpAndFollowsItsFolder) {
  ASSERT_EQ(LabUp({.name = name_, .nodes = 2}), kOk);
  EXPECT_EQ(LabUp({.name = name_}), kFailed) << "it is in use";
  EXPECT_EQ(LabStatus(name_, true), kOk);
  EXPECT_EQ(LabPodAdd(name_, "shop/extra", "node2"), kOk);
  EXPECT_EQ(LabPodAdd(name_, "shop/lost", "node9"), kFailed);
  EXPECT_EQ(LabTrace(name_, {.from = "shop/web-1", .to = "shop/extra:80", .ipv6 = true}), kOk);
  EXPECT_EQ(LabTrace(name_, {.from = "shop/web-1", .to = "10.244.77.77"}), kFailed) << "dropped";
  EXPECT_EQ(ShowStatus({.where = {.lab = name_}}), kOk);
  EXPECT_EQ(ShowStatus({.where = {.lab = name_, .lab_node = "node2"}, .json = true}), kOk);
  EXPECT_EQ(ShowItems({.where = {.lab = name_}, .kind = "flows", .pod = "shop/extra"}), kOk);
  EXPECT_EQ(LabPodRemove(name_, "shop/extra"), kOk);
  const auto kubelet = state_.Find("kubelet");
  ASSERT_TRUE(kubelet);
  exec::Signal(*kubelet, SIGKILL);
  ASSERT_TRUE(exec::AwaitEnd(*kubelet, std::chrono::seconds(5)));
  EXPECT_EQ(LabStatus(name_, false), kFailed);
  EXPECT_EQ(LabDown(name_), kOk);
  EXPECT_FALSE(state_.Exists());
  EXPECT_EQ(LabStatus(name_, false), kUnreachable);
  EXPECT_EQ(ShowStatus({.where = {.lab = name_}}), kUnreachable);
}

}  // namespace
}  // namespace kvs::cli
