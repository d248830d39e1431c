#include "base/text.h"

#include <gtest/gtest.h>

namespace kvs {
namespace {

TEST(Text, ValuesArePrintableAndTheLayoutStays) {
  const std::string hostile = "node1\nnode2  OK\x1b[2J";
  const Text line = Text::Format("\x1b[1m{:<6}\x1b[0m{} {:>4}\n", hostile, "pods", 12);
  EXPECT_EQ(line.string(), "\x1b[1mnode1\\nnode2  OK\\u001b[2J\x1b[0mpods   12\n");
  EXPECT_EQ(Text(hostile).string(), "node1\\nnode2  OK\\u001b[2J");
}

TEST(Text, NoValueIsWithoutBound) {
  const std::string flood(Text::kMost + 1, 'm');
  EXPECT_EQ(Text(flood).string(), flood.substr(0, Text::kMost - 3) + "...");
  EXPECT_EQ(Text::Format("{}", flood), Text(flood));
  EXPECT_EQ(Text::Whole(flood + "\n").string(), flood + "\\n");
}

TEST(Text, TextStaysInText) {
  const Text line = Text::Format("{}\n", "a");
  EXPECT_EQ(Text::Format("{}{}", line, line).string(), "a\na\n");
  EXPECT_EQ((line + "b\n").string(), "a\nb\\n");
  EXPECT_EQ(Text::Format("{:>3}|", Text("a")).string(), "  a|");
}

}  // namespace
}  // namespace kvs
