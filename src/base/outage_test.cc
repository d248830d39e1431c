#include "base/outage.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace kvs {
namespace {

TEST(Outage, IsALineWhenItBeginsAndOneWhenItIsOver) {
  Outage outage("API server");
  testing::internal::CaptureStderr();
  outage.Note("");
  outage.Note("10.0.0.1: refused");
  outage.Note("10.0.0.2: refused");
  outage.Note("10.0.0.1: refused");
  outage.Note("");
  outage.Note("");
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::ranges::count(said, '\n'), 2) << said;
  EXPECT_NE(said.find("warning API server: 10.0.0.1: refused; trying again"), said.npos) << said;
  EXPECT_NE(said.find("API server: works again, after 0 s"), said.npos) << said;
}

}  // namespace
}  // namespace kvs
