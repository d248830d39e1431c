#include "io/poll.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

namespace kvs::io {
namespace {

class PollTest : public ::testing::Test {
 protected:
  PollTest() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_), 0); }
  ~PollTest() override {
    poll_.reset();
    close(ends_[0]);
    if (ends_[1] >= 0) close(ends_[1]);
  }

  void Say(char letter) { ASSERT_EQ(write(ends_[1], &letter, 1), 1); }
  void Watch(std::function<void()> on_readable) {
    poll_ = std::make_unique<Poll>(loop_, ends_[0], std::move(on_readable));
  }

  Loop loop_;
  int ends_[2] = {-1, -1};
  std::unique_ptr<Poll> poll_;
};

TEST_F(PollTest, CallsWhileThereIsSomethingToRead) {
  std::string heard;
  Watch([&] {
    char letter;
    while (read(ends_[0], &letter, 1) == 1) heard += letter;
    if (heard.size() < 3) Say("abc"[heard.size()]);
    if (heard.size() == 3) loop_.Stop();
  });
  Say('a');
  loop_.Run();
  EXPECT_EQ(heard, "abc");
}

TEST_F(PollTest, TellsTheEnd) {
  ssize_t last = -1;
  Watch([&] {
    char letter;
    last = read(ends_[0], &letter, 1);
    loop_.Stop();
  });
  close(ends_[1]);
  ends_[1] = -1;
  loop_.Run();
  EXPECT_EQ(last, 0);
}

TEST_F(PollTest, MayBeDestroyedByItsCallback) {
  int calls = 0;
  Watch([&] {
    ++calls;
    poll_.reset();
  });
  Say('x');
  loop_.Run();  // nothing is left to wait for
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace kvs::io
