#include "apply/targets/kernel_target.h"

#include <gtest/gtest.h>

namespace kvs::apply {
namespace {

using pipeline::HostRoute;

constexpr int kBridge = 7, kNic = 2, kServices = 9;

HostRoute To(const char* dst) {
  return {.dst = *Prefix::Parse(dst), .via = pipeline::kNextHop4, .src = std::nullopt};
}
netlink::Route Foreign(const char* dst, int link = kNic) {
  netlink::Route route;
  route.destination = *Prefix::Parse(dst);
  route.link = link;
  route.protocol = RTPROT_STATIC;
  return route;
}
bool Conflicts(const char* ours, const netlink::Route& theirs) {
  return FindConflict(To(ours), {theirs}, {kBridge, kServices}) != nullptr;
}

TEST(FindConflict, ARouteOfSomebodyElseThatIsEqualInsideOrAround) {
  EXPECT_TRUE(Conflicts("10.200.0.0/24", Foreign("10.200.0.0/24")));
  EXPECT_TRUE(Conflicts("10.200.0.0/16", Foreign("10.200.0.0/24")));
  EXPECT_TRUE(Conflicts("10.200.0.0/29", Foreign("10.200.0.0/24")));
  EXPECT_FALSE(Conflicts("10.201.0.0/24", Foreign("10.200.0.0/24")));
  EXPECT_TRUE(Conflicts("fd00:10::/64", Foreign("fd00:10::/48")));
}

TEST(FindConflict, WhateverItsMetricTableAndKind) {
  netlink::Route route = Foreign("10.200.0.0/24");
  route.metric = 5000;
  EXPECT_TRUE(Conflicts("10.200.0.0/24", route));
  route.table = 100;
  EXPECT_TRUE(Conflicts("10.200.0.0/24", route));
  route.type = RTN_BLACKHOLE;
  EXPECT_TRUE(Conflicts("10.200.0.0/24", route));
  // This node's own address, which the kernel keeps in table local.
  netlink::Route own = Foreign("10.200.0.1/32");
  own.table = RT_TABLE_LOCAL;
  own.type = RTN_LOCAL;
  own.protocol = RTPROT_KERNEL;
  EXPECT_TRUE(Conflicts("10.200.0.0/24", own));
}

TEST(FindConflict, NotTheDefaultRouteNorOursNorThoseOfOurLink) {
  EXPECT_FALSE(Conflicts("10.244.0.0/16", Foreign("0.0.0.0/0")));
  EXPECT_FALSE(Conflicts("fd00::/48", Foreign("::/0")));
  netlink::Route ours = Foreign("10.244.0.0/16");
  ours.protocol = netlink::kRouteProtocol;
  EXPECT_FALSE(Conflicts("10.244.0.0/16", ours));
  EXPECT_FALSE(Conflicts("10.244.0.0/16", Foreign("10.244.1.1/32", kBridge)));
  EXPECT_FALSE(Conflicts("10.244.0.0/16", Foreign("10.244.2.50/32", kServices)));
}

TEST(FindConflict, NotForTheAddressOfOnePod) {
  EXPECT_FALSE(Conflicts("10.200.0.77/32", Foreign("10.200.0.0/24")));
  EXPECT_FALSE(Conflicts("fd00::7/128", Foreign("fd00::/64")));
}

// Else the kernel would replace it, being the first, by ours.
TEST(FindConflict, WhatStandsInThePlaceOfOursOnWhateverLink) {
  for (const int link : {kBridge, kServices, kNic}) {
    EXPECT_TRUE(Conflicts("10.244.0.0/16", Foreign("10.244.0.0/16", link)));
    EXPECT_TRUE(Conflicts("10.200.0.77/32", Foreign("10.200.0.77/32", link)));
    netlink::Route six = Foreign("fd00::7/128", link);
    six.metric = 1024;
    EXPECT_TRUE(Conflicts("fd00::7/128", six));
    six.metric = 256;
    EXPECT_FALSE(Conflicts("fd00::7/128", six));
  }
  netlink::Route local = Foreign("10.200.0.77/32", kServices);
  local.table = RT_TABLE_LOCAL;
  EXPECT_FALSE(Conflicts("10.200.0.77/32", local));
}

TEST(FindConflict, LinksOfServicesAreToldByTheirKind) {
  netlink::Link bridge, nic, ipvs;
  bridge.index = kBridge, bridge.name = "k-vswitch0", bridge.kind = "openvswitch";
  nic.index = kNic, nic.name = "eth0";
  ipvs.index = kServices, ipvs.name = "kube-ipvs0", ipvs.kind = "dummy";
  EXPECT_EQ(LinksThatDontMatter({bridge, nic, ipvs}, "k-vswitch0"),
            (std::set<int>{kBridge, kServices}));
}

TEST(KernelTarget, OnlyWhatMayTouchOursConcernsIt) {
  engine::Desired<pipeline::HostLink> links;
  engine::Desired<HostRoute> routes;
  routes.Set({To("10.244.0.0/16")});
  const KernelTarget target("k-vswitch0", links, routes);
  EXPECT_TRUE(target.Concerns(Foreign("10.244.3.0/24")));
  EXPECT_FALSE(target.Concerns(Foreign("192.0.2.0/24")));
  EXPECT_FALSE(target.Concerns(Foreign("0.0.0.0/0")));
  netlink::Route ours = Foreign("192.0.2.0/24");
  ours.protocol = netlink::kRouteProtocol;
  EXPECT_TRUE(target.Concerns(ours));
}

}  // namespace
}  // namespace kvs::apply
