#include "cni/delegate.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/own_folder.h"

namespace kvs::cni {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

// A plugin that is a script, and whatever it starts.
class DelegateTest : public ::testing::Test {
 protected:
  DelegateTest() {
    call_.env.path = {own_.path()};
    call_.conf.ipam = "odd";
  }

  // What it answers to DEL, and that neither it nor what it started is alive then.
  Outcome<std::string> Answer(const std::string& script, std::chrono::milliseconds time) {
    EXPECT_TRUE(WriteFile(call_.env.path[0] + "/odd", "#!/bin/sh\n" + script + "\n", 0755));
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    const Fd alive(ends[0]);
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    auto answer = RunIpam(call_, "DEL", In(time));
    close(ends[1]);
    pollfd one{.fd = alive.get(), .events = POLLIN};
    EXPECT_EQ(poll(&one, 1, 10'000), 1) << "something still runs";
    return answer;
  }

  const OwnFolder own_;
  Call call_;
};

TEST_F(DelegateTest, AnswersAndExits) {
  EXPECT_EQ(Answer("echo $CNI_COMMAND; cat", 30s), "DEL\n");
  EXPECT_THAT(Answer(R"(echo '{"code":7,"msg":"no"}'; exit 1)", 30s).error().message,
              "ipam plugin odd: no");
  EXPECT_THAT(Answer("kill -9 $$", 30s).error().message, HasSubstr("failed without a message"));
}

TEST_F(DelegateTest, IsKilledWithItsChildrenWhenItHangs) {
  for (const char* script :
       {"exec sleep 120", "sleep 120 & sleep 120", "echo {}; exec >&-; exec sleep 120",
        "echo {}; exec >&-; sleep 120 & sleep 120", "echo {}; sleep 120 & exit 0"}) {
    SCOPED_TRACE(script);
    const auto start = std::chrono::steady_clock::now();
    const auto answer = Answer(script, 300ms);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 30s);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, 11);
    EXPECT_THAT(answer.error().message,
                AllOf(HasSubstr("ipam plugin odd"), HasSubstr("DEL"), HasSubstr("in time; see")));
  }
}

TEST_F(DelegateTest, IsKilledWhenItSaysTooMuch) {
  const auto answer = Answer("exec cat /dev/zero", 60s);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, 6);
  EXPECT_THAT(
      answer.error().message,
      HasSubstr("ipam plugin odd: its answer to DEL has more than the maximum of 1048576 bytes"));
}

}  // namespace
}  // namespace kvs::cni
