#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "lab/process.h"
#include "lab/state.h"

namespace kvs::lab {
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
  EXPECT_THAT(RunToEnd({.argv = {"no-such-program"}}).error().message, HasSubstr("No such file"));
}

TEST(Process, IsKilledAfterItsTime) {
  const auto late = RunToEnd({.argv = {"sleep", "100"}}, milliseconds(50));
  ASSERT_FALSE(late);
  EXPECT_THAT(late.error().message, HasSubstr("sleep 100: not done after 50 ms"));
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

TEST(State, NamesThatCannotBeMistaken) {
  EXPECT_TRUE(State::Of("demo2"));
  for (const char* bad : {"", "a-b", "Demo", "../x", "seventeenletters1"}) {
    EXPECT_FALSE(State::Of(bad)) << bad;
  }
}

}  // namespace
}  // namespace kvs::lab
