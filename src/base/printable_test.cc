#include "base/printable.h"

#include <gtest/gtest.h>

namespace kvs {
namespace {

TEST(Printable, PrintableTextStays) {
  for (const char* text : {"", "node1", "a \"b\" \\n", "Grüße, 世界 🙂", "\u00a0", "\ufffd"})
    EXPECT_EQ(Printable(text), text);
}

TEST(Printable, NothingReachesTheTerminalThatSteersIt) {
  EXPECT_EQ(Printable("a\x1b[31mb\nc\td\re\x7f"), "a\\u001b[31mb\\nc\\td\\u000de\\u007f");
  EXPECT_EQ(Printable(std::string_view("\0", 1)), "\\u0000");
  EXPECT_EQ(Printable("\u0085 \u009b2J"), "\\u0085 \\u009b2J");
  EXPECT_EQ(Printable("\u202etxt.exe\u2066\u2069\u2028"), "\\u202etxt.exe\\u2066\\u2069\\u2028");
}

TEST(Printable, WhatIsNotUtf8IsReplacedByteByByte) {
  for (const char* bad : {"\x9b", "\xff", "\xc3", "\xe2\x80"})
    EXPECT_TRUE(Printable(bad).starts_with("\\ufffd")) << Printable(bad);
  EXPECT_EQ(Printable("\xe2\x80z"), "\\ufffd\\ufffdz");
  EXPECT_EQ(Printable("\xc0\xaf"), "\\ufffd\\ufffd");             // overlong
  EXPECT_EQ(Printable("\xed\xa0\x80"), "\\ufffd\\ufffd\\ufffd");  // a surrogate
  EXPECT_EQ(Printable("\xf4\x90\x80\x80"), "\\ufffd\\ufffd\\ufffd\\ufffd");
}

TEST(Printable, TwiceIsAsOnce) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_EQ(Printable(Printable(all)), Printable(all));
}

TEST(CutTo, KeepsWholeLetters) {
  EXPECT_EQ(CutTo("node", 4), "node");
  EXPECT_EQ(CutTo("node", 3), "nod");
  EXPECT_EQ(CutTo("aü", 2), "a");
  EXPECT_EQ(CutTo("世界", 5), "世");
  EXPECT_EQ(CutTo("世界", 6), "世界");
  EXPECT_EQ(CutTo("🙂", 3), "");
}

}  // namespace
}  // namespace kvs
