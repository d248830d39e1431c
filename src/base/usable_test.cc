#include "base/usable.h"

#include <gtest/gtest.h>

namespace kvs {
namespace {

TEST(Usable, RangesForPods) {
  for (const char* good : {"10.0.0.0/8", "10.244.1.0/24", "100.64.0.0/10", "192.168.0.0/16",
                           "8.8.8.0/24", "fd00:1::/64", "fc00::/16", "2001:db8::/32"})
    EXPECT_EQ(WhyNoPodRange(*Prefix::Parse(good)), "") << good;
  for (const char* bad : {"0.0.0.0/0",        "0.0.0.0/1",        "128.0.0.0/1",
                          "8.0.0.0/7",        "0.0.0.0/8",        "0.1.0.0/24",
                          "127.0.0.0/8",      "127.1.0.0/24",     "169.254.0.0/16",
                          "169.254.169.0/24", "224.0.0.0/8",      "239.1.0.0/16",
                          "240.0.0.0/8",      "255.255.255.0/24", "::/0",
                          "::/128",           "::1/128",          "::/8",
                          "8000::/1",         "2000::/3",         "::ffff:10.0.0.0/104",
                          "::10.0.0.0/120",   "fe80::/64",        "fe80::/16",
                          "64:ff9b::/96",     "ff02::/64"})
    EXPECT_NE(WhyNoPodRange(*Prefix::Parse(bad)), "") << bad;
}

TEST(Usable, OverlayAddresses) {
  for (const char* good :
       {"10.0.0.1", "192.0.2.1", "8.8.8.8", "100.64.0.1", "fd00::1", "2001:db8::1"})
    EXPECT_EQ(WhyNoOverlayIp(*Ip::Parse(good)), "") << good;
  for (const char* bad : {"0.0.0.0", "0.1.2.3", "127.0.0.1", "169.254.1.1", "224.0.0.1",
                          "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:10.0.0.1",
                          "::10.0.0.1", "fe80::1", "febf::1", "ff02::1"})
    EXPECT_NE(WhyNoOverlayIp(*Ip::Parse(bad)), "") << bad;
}

TEST(Usable, TheReasonNamesTheUseAndTheRemedy) {
  EXPECT_EQ(WhyNoOverlayIp(*Ip::Parse("127.0.0.1")),
            "127.0.0.1 is in 127.0.0.0/8, which is loopback (RFC 1122): other nodes can't send to "
            "it; give the node another address");
  EXPECT_EQ(WhyNoPodRange(*Prefix::Parse("224.1.0.0/24")),
            "224.1.0.0/24 overlaps 224.0.0.0/4, which is multicast (RFC 5771) and can't be used "
            "for pods or Services; choose another range");
}

}  // namespace
}  // namespace kvs
