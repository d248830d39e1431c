#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kvs::log {
namespace {

using testing::EndsWith;

std::string Logged(const char* format, std::string_view message) {
  EXPECT_TRUE(Configure("info", format));
  testing::internal::CaptureStderr();
  Info("{}", message);
  EXPECT_TRUE(Configure("info", "text"));
  return testing::internal::GetCapturedStderr();
}

TEST(Log, ARecordIsOneLineWhateverItSays) {
  const std::string_view hostile = "pod \"a\\b\"\n2026 error: forged \x1b[2J\xc2\x9b\xff\u202e";
  EXPECT_THAT(Logged("text", hostile), EndsWith(" info    pod \"a\\b\"\\n2026 error: forged "
                                                "\\u001b[2J\\u009b\\ufffd\\u202e\n"));
  EXPECT_THAT(Logged("json", hostile),
              EndsWith(",\"message\":\"pod \\\"a\\\\b\\\"\\n2026 error: forged "
                       "\\u001b[2J\\u009b\\ufffd\\u202e\"}\n"));
}

}  // namespace
}  // namespace kvs::log
