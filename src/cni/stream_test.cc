#include "cni/stream.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fd.h"

namespace kvs::cni {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(StreamTest, IsReadToItsEnd) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const Fd output(ends[0]);
  ASSERT_EQ(write(ends[1], "{}\n", 3), 3);
  close(ends[1]);
  EXPECT_EQ(ReadToEnd(output.get(), "it", In(10s)), "{}\n");
}

TEST(StreamTest, OneWithoutEndIsGivenUp) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const Fd output(ends[0]), its_input(ends[1]);
  ASSERT_EQ(write(ends[1], "{}", 2), 2);
  const auto text = ReadToEnd(output.get(), "it", In(50ms));
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, 11);
  EXPECT_THAT(text.error().message, HasSubstr("it did not end in time; see why"));
}

TEST(StreamTest, AnEndlessOneIsCutShort) {
  const Fd zeros(open("/dev/zero", O_RDONLY | O_CLOEXEC));
  const auto text = ReadToEnd(zeros.get(), "it", In(60s));
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, 6);
  EXPECT_THAT(text.error().message, HasSubstr("it has more than the maximum of 1048576 bytes"));
}

}  // namespace
}  // namespace kvs::cni
