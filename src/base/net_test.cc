#include "base/net.h"

#include <gtest/gtest.h>

namespace kvs {
namespace {

using namespace std::string_view_literals;

TEST(Mac, ParsesAndPrints) {
  EXPECT_EQ(Mac::Parse("0a:58:a9:fe:01:01")->ToString(), "0a:58:a9:fe:01:01");
  for (const char* bad :
       {"", "0a:58:a9:fe:01", "0a:58:a9:fe:01:0g", "0a-58-a9-fe-01-01", "0a:58:a9:fe:01:011"})
    EXPECT_FALSE(Mac::Parse(bad)) << bad;
}

TEST(Ip, ParsesAndPrintsBothFamilies) {
  EXPECT_EQ(Ip::Parse("10.1.2.3")->ToString(), "10.1.2.3");
  EXPECT_EQ(Ip::Parse("10.1.2.3")->v4().ToInt(), 0x0a010203u);
  EXPECT_EQ(Ip::Parse("fd00:0:0:1::5")->ToString(), "fd00:0:0:1::5");
  for (const char* bad : {"", "10.1.2", "10.1.2.256", "fd00::g", " 10.1.2.3"})
    EXPECT_FALSE(Ip::Parse(bad)) << bad;
}

TEST(Prefix, SaysWhatIsWrong) {
  EXPECT_EQ(Prefix::Parse("10.1.2.3/24").error().message,
            "range \"10.1.2.3/24\" has host bits set; did you mean 10.1.2.0/24?");
  for (const char* bad :
       {"", "10.1.0.0", "10.1.0.0/33", "fd00::/129", "10.1.0.0/-1", "10.1.0.0/8x"})
    EXPECT_FALSE(Prefix::Parse(bad)) << bad;
}

TEST(Addresses, EndWhereTheirTextEnds) {
  for (const std::string_view bad : {"10.1.2.3\0junk"sv, "10.1.2.3\0"sv, "fd00::5\0"sv, "\0"sv})
    EXPECT_FALSE(Ip::Parse(bad)) << bad;
  for (const std::string_view bad : {"10.1.0.0\0/16"sv, "fd00::\0junk/64"sv, "10.1.0.0/16\0"sv})
    EXPECT_FALSE(Prefix::Parse(bad)) << bad;
  for (const std::string_view bad : {"0a:58:a9:fe:01:01\0"sv, "0a:58:a9:fe:01:0\0"sv})
    EXPECT_FALSE(Mac::Parse(bad)) << bad;
  EXPECT_FALSE(ParseIps("10.0.0.1,10.0.0.2\0"sv));
}

TEST(Prefix, CountsAddresses) {
  const Prefix range = *Prefix::Parse("10.1.2.0/24");
  EXPECT_EQ(range.size(), 256u);
  EXPECT_EQ(range.At(5)->ToString(), "10.1.2.5");
  EXPECT_EQ(range.At(256), std::nullopt);
  EXPECT_EQ(range.IndexOf(*Ip::Parse("10.1.2.255")), 255u);
  EXPECT_EQ(range.IndexOf(*Ip::Parse("10.1.3.0")), std::nullopt);
  const Prefix six = *Prefix::Parse("fd00:1::/64");
  EXPECT_EQ(six.At(0x1234)->ToString(), "fd00:1::1234");
  EXPECT_EQ(six.IndexOf(*Ip::Parse("fd00:1::ffff")), 0xffffu);
  EXPECT_EQ(six.IndexOf(*Ip::Parse("fd00:1::8000:0:0:0")), std::nullopt);
}

TEST(Prefix, ContainsAndOverlaps) {
  const Prefix all = *Prefix::Parse("0.0.0.0/0");
  const Prefix range = *Prefix::Parse("10.1.0.0/16");
  EXPECT_TRUE(all.Contains(range));
  EXPECT_TRUE(range.Overlaps(*Prefix::Parse("10.1.255.0/24")));
  EXPECT_FALSE(range.Overlaps(*Prefix::Parse("10.2.0.0/16")));
  EXPECT_FALSE(all.Contains(*Ip::Parse("::1")));
  EXPECT_EQ(range.mask().ToString(), "255.255.0.0");
  EXPECT_EQ(all.mask().ToString(), "0.0.0.0");
  EXPECT_EQ(Prefix::Parse("fd00::/9")->mask().ToString(), "ff80::");
}

TEST(Lists, RoundTrip) {
  EXPECT_EQ(Join(*ParseIps("10.0.0.1,fd00::1")), "10.0.0.1,fd00::1");
  EXPECT_TRUE(ParseIps("")->empty());
  EXPECT_FALSE(ParsePrefixes("10.0.0.0/8,,fd00::/8"));
}

}  // namespace
}  // namespace kvs
