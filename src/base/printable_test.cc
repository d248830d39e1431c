#include "base/printable.h"

#include <gtest/gtest.h>

namespace kvs {
namespace {

TEST(Printable, PrintableTextStays) {
  for (const char* text :
       {"", "node1", "a \"b\" \\n", "Grüße, 世界 🙂", "❤\ufe0f", "\u00a0", "\ufffd"})
    EXPECT_EQ(Printable(text), text);
}

TEST(Printable, NothingReachesTheTerminalThatSteersIt) {
  EXPECT_EQ(Printable("a\x1b[31mb\nc\td\re\x7f"), "a\\u001b[31mb\\nc\\td\\u000de\\u007f");
  EXPECT_EQ(Printable(std::string_view("\0", 1)), "\\u0000");
  EXPECT_EQ(Printable("\u0085 \u009b2J"), "\\u0085 \\u009b2J");
  EXPECT_EQ(Printable("\u202etxt.exe\u2066\u2069\u2028"), "\\u202etxt.exe\\u2066\\u2069\\u2028");
}

TEST(Printable, WhatNobodySeesIsShown) {
  EXPECT_EQ(
      Printable("a\u00ad\u034f\u061c\u070f\u180e\u200b\u200e\u200f\u2065\u206f\ufeff\ufffbz"),
      "a\\u00ad\\u034f\\u061c\\u070f\\u180e\\u200b\\u200e\\u200f\\u2065\\u206f\\ufeff\\ufffbz");
  EXPECT_EQ(Printable("\u115f\u1160\u3164\uffa0"), "\\u115f\\u1160\\u3164\\uffa0");
  EXPECT_EQ(Printable("\U000e0041\U0001d173\U0001343f"),
            "\\udb40\\udc41\\ud834\\udd73\\ud80d\\udc3f");
  EXPECT_EQ(Printable("\u00ae\u200a\u2010\u3165\U000dffff\U000e1000"),
            "\u00ae\u200a\u2010\u3165\U000dffff\U000e1000");
}

TEST(Printable, WhatIsTooLongEndsWhole) {
  EXPECT_EQ(Printable("node1", 5), "node1");
  EXPECT_EQ(Printable("node10", 5), "no...");
  EXPECT_EQ(Printable("世界世界", 8), "世...");
  EXPECT_EQ(Printable("a\x1b\x1b", 9), "a...");
  EXPECT_EQ(Printable("a\x1b\x1b", 10), "a\\u001b...");
  EXPECT_EQ(Printable("a\\u001b\\u001b", 9), "a...") << "it was made printable before";
  for (const size_t most : {9, 12, 14, 15})
    EXPECT_EQ(Printable("a\U000e0041\U000e0041", most), "a...") << most;
  EXPECT_EQ(Printable("a\U000e0041\U000e0041", 16), "a\\udb40\\udc41...");
  const std::string once = Printable(std::string(size_t{40} << 20, '\x1b'), 100);
  EXPECT_LE(once.size(), 100u);
  EXPECT_EQ(Printable(once, 100), once);
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
