#include "base/within.h"

#include <gtest/gtest.h>

#include <string>

namespace kvs {
namespace {

struct Named {
  Ip ip;
  char name;
};

TEST(Within, FindsWhatARangeHolds) {
  std::vector<Named> all;
  for (const char* ip : {"9.255.255.255", "10.0.0.0", "10.0.0.7", "10.0.0.7", "10.0.0.255",
                         "10.0.1.0", "255.255.255.255", "::", "fd00::1", "ffff::"})
    all.push_back({*Ip::Parse(ip), static_cast<char>('a' + all.size())});
  std::ranges::stable_sort(all, {}, &Named::ip);
  const auto names = [&](const char* range) {
    std::string found;
    for (const Named& one : Within(all, *Prefix::Parse(range))) found += one.name;
    std::ranges::sort(found);
    return found;
  };
  EXPECT_EQ(names("10.0.0.0/24"), "bcde");
  EXPECT_EQ(names("10.0.0.7/32"), "cd");
  EXPECT_EQ(names("10.0.2.0/24"), "");
  EXPECT_EQ(names("0.0.0.0/0"), "abcdefg");
  EXPECT_EQ(names("fd00::/8"), "i");
  EXPECT_EQ(names("::/0"), "hij");
}

}  // namespace
}  // namespace kvs
