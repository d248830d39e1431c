#include "ovsdb/names.h"

#include <gtest/gtest.h>

namespace kvs::ovsdb {
namespace {

TEST(NamesTest, APortsNameHoldsTheIndex) {
  for (const uint64_t index : {3ull, 10ull, 255ull, 65535ull})
    EXPECT_EQ(IndexOfPort(PortName(index)), index);
  for (const char* name : {"kv", "kv03", "kvF", "kvx00000000003", "eth0", "kv3 ", ""})
    EXPECT_EQ(IndexOfPort(name), std::nullopt) << name;
  EXPECT_EQ(ForeignPortName("abc/eth0").size(), 14u);
  EXPECT_NE(ForeignPortName("abc/eth0"), ForeignPortName("abc/eth1"));
}

TEST(NamesTest, OfportsAreThoseThatOpenFlowHas) {
  EXPECT_EQ(OfportOf(3), 19);
  EXPECT_EQ(OfportOf(59984), 60000);
  EXPECT_EQ(OfportOf(59985), std::nullopt);
}

// They are written on nodes that run now: a change of one is a migration.
TEST(NamesTest, WhatOutlivesAProgramStays) {
  EXPECT_STREQ(kBridgeName, "k-vswitch0");
  EXPECT_STREQ(kTunnelPortName, "overlay0");
  EXPECT_EQ(kNetworkKey, "kvs.network");
  EXPECT_EQ(kLiveLinkGroup, 27u);
  EXPECT_EQ(kDefunctLinkGroup, 28u);
  EXPECT_EQ(PortName(31), "kv1f");
}

}  // namespace
}  // namespace kvs::ovsdb
