#include "exec/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "base/file.h"

namespace kvs::exec {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

TEST(Process, RunsToTheEndAndTellsWhatItSaid) {
  const auto output = RunToEnd({.argv = {"sh", "-c", "cat; echo bad >&2; echo $WORD; exit 3"},
                                .env = {"WORD=hello"},
                                .input = "in\n"});
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(output->exit_code, 3);
  EXPECT_EQ(output->out, "in\nhello\n");
  EXPECT_EQ(output->err, "bad\n");
  EXPECT_THAT(Check({.argv = {"false"}}).error().message, HasSubstr("false: exit 1"));
  EXPECT_THAT(RunToEnd({.argv = {"no-such-program"}}).error().message,
              HasSubstr("no-such-program: not found"));
}

TEST(Process, IsKilledAfterItsTime) {
  const auto late = RunToEnd({.argv = {"sleep", "100"}}, milliseconds(50));
  ASSERT_FALSE(late);
  EXPECT_THAT(late.error().message, HasSubstr("sleep 100: not done after 50 ms"));
}

TEST(Process, IsKilledWhenItSaysTooMuch) {
  for (const char* flood : {"yes", "yes >&2", "head -c 2000000 /dev/zero"})
    EXPECT_EQ(RunToEnd({.argv = {"sh", "-c", flood}, .most = size_t{1} << 20}).error().message,
              fmt::format("sh -c {}: says more than 1 MiB, which is the most", flood));
}

TEST(Process, LeavesNobodyBehindWhoFillsTheMemory) {
  for (const std::string end : {"wait", "exit 0"}) {  // sh is killed, or ends by itself
    const std::string file = testing::TempDir() + fmt::format("kvs-flood.{}", getpid());
    static_cast<void>(RunToEnd({.argv = {"sh", "-c",
                                         fmt::format("sh -c 'echo $$ >{0}; exec yes' &\n"
                                                     "until [ -s {0} ]; do sleep 0.01; done\n{1}",
                                                     file, end)},
                                .most = size_t{1} << 20}));
    const auto flood = Identify(std::stoi(ReadFile(file).value_or("0")));
    EXPECT_TRUE(!flood || AwaitEnd(*flood, seconds(5))) << "still writes, after " << end;
    if (flood) Signal(*flood, SIGKILL);
    unlink(file.c_str());
  }
}

TEST(Process, IsKnownByItsStartToo) {
  const auto process = Start({.argv = {"sleep", "100"}}, "/dev/null");
  ASSERT_TRUE(process) << process.error().message;
  EXPECT_TRUE(IsAlive(*process));
  const Process stranger{process->pid, process->start + 1};  // had the same number
  EXPECT_FALSE(IsAlive(stranger));
  Signal(stranger, SIGKILL);
  EXPECT_FALSE(AwaitEnd(*process, milliseconds(30)));
  Signal(*process, SIGKILL);
  EXPECT_TRUE(AwaitEnd(*process, seconds(5)));
  EXPECT_FALSE(IsAlive(*process));
}

}  // namespace
}  // namespace kvs::exec
