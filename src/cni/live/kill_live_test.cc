// Whatever step of ADD or DEL the plugin is killed after, the next ADD, DEL or GC repairs what it
// left.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>
#include <vector>

#include "cni/live/live_fixture.h"

namespace kvs::cni {
namespace {

using namespace std::chrono_literals;

// The next call, which has to repair.
enum Next { kDel, kAdd, kGc };
constexpr const char* kNames[] = {"DEL", "ADD", "GC"};

struct Ground : LiveFixture {
  // Runs a command of the plugin in a child that ends itself after `last` steps. Returns the name
  // of that step; empty if there are fewer.
  std::string Killed(const std::string& command, const std::string& pod, int last) {
    Netns(pod);
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      int step = 0;
      const Plugin plugin([&](std::string_view name) {
        if (++step < last) return;
        _exit(write(ends[1], name.data(), name.size()) < 0);
      });
      const Variables variables = VariablesFor(command, pod);
      for (const auto& [name, value] : variables) setenv(name.c_str(), value.c_str(), 1);
      (void)plugin.Run(getenv, boost::json::serialize(conf));
      _exit(0);
    }
    close(ends[1]);
    waitpid(child, nullptr, 0);
    char name[64];
    const ssize_t size = read(ends[0], name, sizeof name);
    close(ends[0]);
    return std::string(name, static_cast<size_t>(std::max<ssize_t>(size, 0)));
  }

  void CollectGarbage() {
    conf["cni.dev/valid-attachments"] = boost::json::array();
    const Ended ended = Invoke("GC", "");
    EXPECT_EQ(ended.status, 0) << ended.output;
    conf.erase("cni.dev/valid-attachments");
  }

  // The next ADD finds the way free, or the work of the killed one done.
  void AddAgain(const std::string& pod) {
    const auto again = Add(pod);
    EXPECT_TRUE(again || again.error().code == 100) << again.error().message;
    EXPECT_EQ(node.Ports().size(), 1u);
    EXPECT_EQ(node.Links(ovsdb::kLiveLinkGroup).size(), 1u);
    const Ended ended = Invoke("DEL", pod);
    EXPECT_EQ(ended.status, 0) << ended.output;
  }

  void RepairBy(Next next, const std::string& pod) {
    switch (next) {
      case kDel:
        EXPECT_EQ(Invoke("DEL", pod).status, 0);
        break;
      case kAdd:
        AddAgain(pod);
        break;
      case kGc:
        CollectGarbage();
    }
    ExpectNothing();
    node.Reap();
    EXPECT_EQ(InPod(pod, "ip -o link show type veth"), "");
  }

  // Kills `command` after every step there is, and repairs in each of the three ways; `before` and
  // `after` surround the kill. Returns how many steps there are.
  int WalkSteps(
      const std::string& command, const std::function<void(const std::string&)>& before,
      const std::function<void()>& after = [] {}) {
    for (int last = 1;; ++last)
      for (const Next next : {kDel, kAdd, kGc}) {
        const std::string pod = fmt::format("p{}-{}", last, kNames[next]);
        before(pod);
        const std::string step = Killed(command, pod, last);
        after();
        if (step.empty()) return last - 1;
        SCOPED_TRACE(fmt::format("{} killed after \"{}\", then {}", command, step, kNames[next]));
        RepairBy(next, pod);
        if (::testing::Test::HasFailure()) return last;
      }
  }
};

class KillTest : public ::testing::Test, public Ground {};

TEST_F(KillTest, AddAfterEveryStep) {
  node.StartAgent();
  EXPECT_EQ(WalkSteps("ADD", [](const std::string&) {}), 5);
}

TEST_F(KillTest, DelAfterEveryStep) {
  node.StartAgent();
  EXPECT_EQ(WalkSteps("DEL", [&](const std::string& pod) { ASSERT_TRUE(Add(pod)); }), 2);
}

TEST_F(KillTest, DelWithoutAgentAfterEveryStep) {
  node.StartAgent();
  const auto before = [&](const std::string& pod) {
    ASSERT_TRUE(Add(pod));
    node.SetAgentReady(false);
  };
  EXPECT_EQ(WalkSteps("DEL", before, [&] { node.SetAgentReady(true); }), 2);
}

TEST_F(KillTest, UndoingAfterEveryStep) {
  node.StartAgent("refused");
  for (int last = 1;; ++last) {
    const std::string pod = "p" + std::to_string(last);
    const std::string step = Killed("ADD", pod, last);
    SCOPED_TRACE("refused ADD killed after step \"" + step + "\"");
    if (step.empty()) break;
    RepairBy(last % 2 == 0 ? kDel : kGc, pod);
  }
}

TEST_F(KillTest, CleaningAfterEveryStep) {
  // An ADD is killed while it removes what a killed ADD has left.
  for (int last = 1; last <= 6; ++last) {
    const std::string pod = "p" + std::to_string(last);
    node.StopAgent();
    EXPECT_EQ(Killed("ADD", pod, 4), "rows inserted");
    const std::string step = Killed("ADD", pod, last);
    SCOPED_TRACE("cleaning ADD killed after step \"" + step + "\"");
    EXPECT_NE(step, "");
    node.StartAgent();
    RepairBy(kAdd, pod);
  }
}

// Between steps there is no safer place: the real program, killed at any time.
TEST_F(KillTest, AtAnyTime) {
  node.StartAgent();
  std::mt19937 random(1);
  std::uniform_int_distribution<int> microseconds(300, 5000);
  for (int i = 0; i < 60; ++i) {
    const std::string pod = "p" + std::to_string(i);
    Netns(pod);
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const std::string input = boost::json::serialize(conf);
    ASSERT_GT(write(ends[1], input.data(), input.size()), 0);
    close(ends[1]);
    const pid_t child = Start({K_VSWITCH_CNI}, VariablesFor("ADD", pod), ends[0], ends[0]);
    close(ends[0]);
    usleep(static_cast<useconds_t>(microseconds(random)));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    RepairBy(i % 2 == 0 ? kDel : kAdd, pod);
    ASSERT_FALSE(HasFailure()) << "at " << i;
  }
}

}  // namespace
}  // namespace kvs::cni
