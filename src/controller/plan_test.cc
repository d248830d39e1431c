#include "controller/plan_test.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace kvs::controller {
namespace {

using kube::Node;
using kube::VSwitchConfig;
using Configs = std::map<std::string, VSwitchConfig>;

TEST(Plan, TakesWhatTheNodeSays) {
  Cluster cluster;
  Node& node = cluster.AddNode("a", {"10.1.7.0/24", "fd00:1:0:7::/64"}, "10.0.0.1");
  node.addresses.push_back({"InternalIP", "fd00:99::1"});
  node.addresses.push_back({"InternalIP", "10.0.0.2"});
  node.addresses.push_back({"ExternalIP", "garbage"});
  EXPECT_EQ(cluster["a"], "pods=10.1.7.0/24,fd00:1:0:7::/64 ip=10.0.0.1,fd00:99::1 Accepted");
  const auto& spec = cluster.facts.existing.at("a").spec;
  EXPECT_EQ(spec.overlay_type, kube::OverlayType::kVxlan);
  EXPECT_EQ(spec.sources, (kube::StringMap{{"clusterCIDRs", "flag --cluster-cidr"},
                                           {"maxConnectionsPerPod", "default"},
                                           {"metadataAccess", "default"},
                                           {"overlayIPs", "Node.status.addresses InternalIP"},
                                           {"overlayType", "default"},
                                           {"podCIDRs", "Node.spec.podCIDRs"}}));

  node.meta.annotations = {{"kvswitch.io/overlay-ip", "172.16.0.1"}};
  EXPECT_EQ(cluster["a"], "pods=10.1.7.0/24,fd00:1:0:7::/64 ip=172.16.0.1 Accepted");
}

TEST(Plan, TheNodeOwnsItsConfiguration) {
  Cluster cluster;
  cluster.AddNode("a", {"10.1.7.0/24"}, "10.0.0.1").meta.uid = "first";
  cluster.Apply();
  EXPECT_EQ(cluster.facts.existing.at("a").node_uid, "first");
  cluster.facts.nodes.at("a").meta.uid = "second";
  cluster.Apply();
  EXPECT_EQ(cluster.facts.existing.at("a").node_uid, "second");
}

TEST(Plan, Ipv6FirstStaysFirst) {
  Cluster cluster;
  cluster.AddNode("a", {"fd00:1:0:7::/64", "10.1.7.0/24"}, "10.0.0.1");
  EXPECT_EQ(cluster["a"], "pods=fd00:1:0:7::/64,10.1.7.0/24 ip=10.0.0.1 Accepted");
}

TEST(Plan, AllocatesWhatTheNodeHasNot) {
  Cluster cluster;
  cluster.AddNode("a", {}, "10.0.0.1");
  cluster.AddNode("b", {"10.1.0.0/24"}, "10.0.0.2");
  cluster.AddNode("c", {}, "10.0.0.3");
  EXPECT_EQ(cluster["a"], "pods=10.1.1.0/24,fd00:1::/64 ip=10.0.0.1 Accepted");
  EXPECT_EQ(cluster["b"], "pods=10.1.0.0/24 ip=10.0.0.2 Accepted");
  EXPECT_EQ(cluster["c"], "pods=10.1.2.0/24,fd00:1:0:1::/64 ip=10.0.0.3 Accepted");
  EXPECT_EQ(cluster.facts.existing.at("a").spec.sources.at("podCIDRs"),
            "allocated from clusterCIDRs");
  // A newcomer, first by name, changes nothing for the others.
  cluster.AddNode("0", {}, "10.0.0.9");
  EXPECT_EQ(cluster["0"], "pods=10.1.3.0/24,fd00:1:0:2::/64 ip=10.0.0.9 Accepted");
  EXPECT_EQ(cluster["a"], "pods=10.1.1.0/24,fd00:1::/64 ip=10.0.0.1 Accepted");
}

TEST(Plan, ARangeIsFreeOnlyAfterItsConfigurationIsGone) {
  Cluster cluster;
  cluster.AddNode("a", {}, "10.0.0.1");
  cluster.Apply();
  cluster.facts.nodes.clear();
  cluster.AddNode("b", {}, "10.0.0.1");
  EXPECT_EQ(cluster["b"], "pods=10.1.1.0/24,fd00:1:0:1::/64 ip=10.0.0.1 Accepted");
  cluster.AddNode("c", {}, "10.0.0.2");
  EXPECT_EQ(cluster["c"], "pods=10.1.0.0/24,fd00:1::/64 ip=10.0.0.2 Accepted");
}

TEST(Plan, TheFirstByNameHasTheRangeThatTwoWant) {
  Cluster cluster;
  cluster.AddNode("b", {"10.1.0.0/23"}, "10.0.0.2");
  cluster.AddNode("a", {"10.1.1.0/24"}, "10.0.0.1");
  EXPECT_EQ(cluster["a"], "pods=10.1.1.0/24 ip=10.0.0.1 Accepted");
  EXPECT_EQ(cluster["b"],
            "pods= ip=10.0.0.2 PodCIDROverlap: Node/b spec.podCIDRs: 10.1.0.0/23 overlaps "
            "10.1.1.0/24 of Node/a, and is refused; give one of them another range");
  cluster.facts.nodes.erase("a");
  EXPECT_EQ(cluster["b"], "pods=10.1.0.0/23 ip=10.0.0.2 Accepted");
}

TEST(Plan, WhoHasARangeKeepsIt) {
  Cluster cluster;
  cluster.AddNode("b", {"10.1.1.0/24"}, "10.0.0.2");
  cluster.AddNode("c", {"10.1.2.0/24"}, "10.0.0.3");
  cluster.Apply();
  cluster.AddNode("a", {"10.1.1.0/24"}, "10.0.0.1");
  cluster.AddNode("c", {"10.1.1.0/24"}, "10.0.0.3");
  EXPECT_EQ(cluster["a"],
            "pods= ip=10.0.0.1 PodCIDROverlap: Node/a spec.podCIDRs: 10.1.1.0/24 overlaps "
            "10.1.1.0/24 of Node/b, and is refused; give one of them another range");
  EXPECT_EQ(cluster["b"], "pods=10.1.1.0/24 ip=10.0.0.2 Accepted");
  EXPECT_EQ(cluster["c"],
            "pods=10.1.2.0/24 ip=10.0.0.3 PodCIDROverlap: Node/c spec.podCIDRs: 10.1.1.0/24 "
            "overlaps 10.1.1.0/24 of Node/b, and is refused; give one of them another range");
}

TEST(Plan, TwoNodesSwapTheirRanges) {
  Cluster cluster;
  cluster.AddNode("a", {"10.1.1.0/24"}, "10.0.0.1");
  cluster.AddNode("b", {"10.1.2.0/24"}, "10.0.0.2");
  cluster.Apply();
  cluster.AddNode("a", {"10.1.2.0/24"}, "10.0.0.2");
  cluster.AddNode("b", {"10.1.1.0/24"}, "10.0.0.1");
  EXPECT_EQ(cluster["a"], "pods=10.1.2.0/24 ip=10.0.0.2 Accepted");
  EXPECT_EQ(cluster["b"], "pods=10.1.1.0/24 ip=10.0.0.1 Accepted");
}

TEST(Plan, NobodyLosesItsRangeToACircle) {
  Cluster cluster;
  cluster.AddNode("b", {"10.1.1.0/24"}, "10.0.0.1");
  cluster.AddNode("c", {"10.1.2.0/24"}, "10.0.0.2");
  cluster.Apply();
  cluster.AddNode("a", {"10.1.1.0/24"}, "10.0.0.1");  // waits for b, which swaps with c
  cluster.AddNode("b", {"10.1.2.0/24"}, "10.0.0.2");
  cluster.AddNode("c", {"10.1.1.0/24"}, "10.0.0.1");
  EXPECT_EQ(cluster["a"].substr(0, 23), "pods= ip= PodCIDROverla");
  EXPECT_EQ(cluster["b"], "pods=10.1.2.0/24 ip=10.0.0.2 Accepted");
  EXPECT_EQ(cluster["c"], "pods=10.1.1.0/24 ip=10.0.0.1 Accepted");
  // b wants what two others hold, who wait for it.
  cluster.AddNode("a", {"10.1.3.0/24"}, "10.0.0.3");
  cluster.Apply();
  cluster.AddNode("b", {"10.1.0.0/22"}, "10.0.0.2");
  cluster.AddNode("a", {"10.1.2.0/24"}, "10.0.0.3");
  cluster.AddNode("c", {"10.1.2.0/24"}, "10.0.0.1");
  EXPECT_EQ(cluster["a"].substr(0, 43), "pods=10.1.3.0/24 ip=10.0.0.3 PodCIDROverlap");
  EXPECT_EQ(cluster["b"].substr(0, 43), "pods=10.1.2.0/24 ip=10.0.0.2 PodCIDROverlap");
  EXPECT_EQ(cluster["c"].substr(0, 43), "pods=10.1.1.0/24 ip=10.0.0.1 PodCIDROverlap");
}

TEST(Plan, OverlayAddresses) {
  Cluster cluster;
  cluster.AddNode("a", {"10.1.1.0/24"}, "10.0.0.1");
  cluster.AddNode("b", {"10.1.2.0/24"}, "10.0.0.1");
  cluster.AddNode("c", {"10.1.3.0/24"}, "");
  cluster.AddNode("d", {"10.1.4.0/24"}, "10.0.0.400");
  cluster.AddNode("e", {"10.1.5.0/24"}, "10.0.0.5").meta.annotations = {
      {kOverlayIpAnnotation, "x"}};
  EXPECT_EQ(cluster["a"], "pods=10.1.1.0/24 ip=10.0.0.1 Accepted");
  EXPECT_EQ(cluster["b"],
            "pods=10.1.2.0/24 ip= OverlayIPDuplicate: Node/b status.addresses: 10.0.0.1 is the "
            "overlay address of Node/a already, and is refused; give one of them another address");
  EXPECT_EQ(cluster["c"],
            "pods=10.1.3.0/24 ip= OverlayIPMissing: Node/c status.addresses: the node has no "
            "address of type InternalIP; give it one, or the annotation kvswitch.io/overlay-ip");
  EXPECT_EQ(cluster["d"],
            "pods=10.1.4.0/24 ip= OverlayIPInvalid: Node/d status.addresses[1].address: "
            "\"10.0.0.400\" is not an IP address");
  EXPECT_EQ(cluster["e"],
            "pods=10.1.5.0/24 ip= OverlayIPInvalid: Node/e "
            "metadata.annotations[kvswitch.io/overlay-ip]: \"x\" is not an IP address");
  // What worked keeps working.
  cluster.facts.nodes.erase("b");
  cluster.AddNode("a", {"10.1.1.0/24"}, "");
  EXPECT_EQ(cluster["a"].substr(0, 51), "pods=10.1.1.0/24 ip=10.0.0.1 OverlayIPMissing: Node");
  cluster.AddNode("a", {"10.1.1.0/24"}, "10.0.0.x");
  EXPECT_EQ(cluster["a"].substr(0, 51), "pods=10.1.1.0/24 ip=10.0.0.1 OverlayIPInvalid: Node");
}

TEST(Plan, BadRanges) {
  Cluster cluster;
  cluster.AddNode("a", {"10.1.1.1/24"}, "10.0.0.1");
  cluster.AddNode("b", {"10.2.0.0/24"}, "10.0.0.2");
  cluster.AddNode("c", {"10.1.3.0/24", "10.1.4.0/24"}, "10.0.0.3");
  EXPECT_EQ(cluster["a"],
            "pods= ip=10.0.0.1 PodCIDRInvalid: Node/a spec.podCIDRs[0]: range \"10.1.1.1/24\" has "
            "host bits set; did you mean 10.1.1.0/24?");
  EXPECT_EQ(cluster["b"],
            "pods= ip=10.0.0.2 PodCIDROutsideCluster: Node/b spec.podCIDRs: 10.2.0.0/24 is not "
            "within clusterCIDR 10.1.0.0/16,fd00:1::/48, and is refused; widen clusterCIDR or give "
            "the node another range");
  EXPECT_EQ(cluster["c"],
            "pods=10.1.3.0/24 ip=10.0.0.3 PodCIDRInvalid: Node/c spec.podCIDRs[1]: 10.1.4.0/24 is "
            "a second range of its family; 10.1.3.0/24 is used; keep one IPv4 and one IPv6 range");
  // A range that was good stays in use when the Node becomes bad.
  cluster.AddNode("a", {"10.1.1.0/24"}, "10.0.0.1");
  cluster.Apply();
  cluster.AddNode("a", {"10.1.1.0"}, "10.0.0.1");
  EXPECT_EQ(cluster["a"].substr(0, 43), "pods=10.1.1.0/24 ip=10.0.0.1 PodCIDRInvalid");
}

TEST(Plan, ARangeNeedsRoomForAPod) {
  Cluster cluster;
  cluster.AddNode("a", {"10.1.1.0/29", "fd00:1::4/126"}, "10.0.0.1");
  cluster.AddNode("b", {"10.1.2.0/30"}, "10.0.0.2");
  EXPECT_EQ(cluster["a"], "pods=10.1.1.0/29,fd00:1::4/126 ip=10.0.0.1 Accepted");
  EXPECT_EQ(
      cluster["b"],
      "pods= ip=10.0.0.2 PodCIDRInvalid: Node/b spec.podCIDRs: 10.1.2.0/30 has no room for a pod "
      "beside the node's own addresses; give the node a larger range; it is refused");
}

TEST(Plan, TheClusterRangeMoves) {
  Cluster cluster;
  cluster.AddNode("a", {}, "10.0.0.1");
  cluster.Apply();
  cluster.Set("clusterCIDR", "10.9.0.0/16");
  EXPECT_EQ(cluster["a"].substr(0, 66),
            "pods=10.1.0.0/24,fd00:1::/64 ip=10.0.0.1 PodCIDROutsideCluster: No");
  cluster.facts.existing.erase("a");  // as the message says
  EXPECT_EQ(cluster["a"], "pods=10.9.0.0/24 ip=10.0.0.1 Accepted");
}

TEST(Plan, ExhaustedAndMissingClusterRanges) {
  Cluster cluster;
  cluster.facts.flags.cluster_cidrs = *ParsePrefixes("10.1.0.0/24,10.2.0.0/25");
  cluster.AddNode("a", {}, "10.0.0.1");
  cluster.AddNode("b", {}, "10.0.0.2");
  EXPECT_EQ(cluster["a"], "pods=10.1.0.0/24 ip=10.0.0.1 Accepted");
  EXPECT_EQ(
      cluster["b"],
      "pods= ip=10.0.0.2 PodCIDRsExhausted: Node/b spec.podCIDRs: clusterCIDR 10.1.0.0/24 has "
      "no free /24, 10.2.0.0/25 has no free /24; add a range to clusterCIDR, or remove nodes");
  cluster.facts.flags.cluster_cidrs = {};
  EXPECT_EQ(cluster["a"], "pods=10.1.0.0/24 ip=10.0.0.1 Accepted");
  EXPECT_EQ(cluster["b"],
            "pods= ip=10.0.0.2 PodCIDRMissing: Node/b spec.podCIDRs: the node has no pod range and "
            "there is no clusterCIDR to take one from; set clusterCIDR in ConfigMap "
            "kube-system/k-vswitch");
}

TEST(Plan, TheConfigMapWinsAndItsLastGoodValuesStay) {
  Cluster cluster;
  cluster.AddNode("a", {"10.1.0.0/24"}, "10.0.0.1");
  cluster.Set("overlayType", "geneve");
  cluster.Set("metadataAccess", "deny");
  cluster.Set("maxConnectionsPerPod", "50000");
  cluster.Set("serviceCIDR", "10.96.0.0/12");
  cluster.Set("clusterCIDR", "");
  EXPECT_EQ(cluster["a"], "pods=10.1.0.0/24 ip=10.0.0.1 Accepted");
  const auto good = cluster.facts.existing.at("a").spec;
  EXPECT_EQ(good.overlay_type, kube::OverlayType::kGeneve);
  EXPECT_EQ(good.metadata_access, kube::MetadataAccess::kDeny);
  EXPECT_EQ(good.max_connections_per_pod, 50000);
  EXPECT_EQ(Join(good.service_cidrs), "10.96.0.0/12");
  EXPECT_EQ(Join(good.cluster_cidrs), "10.1.0.0/16,fd00:1::/48");
  EXPECT_EQ(good.sources.at("overlayType"), "ConfigMap kube-system/k-vswitch overlayType");

  cluster.Set("overlayType", "vlan");
  cluster.Set("metadataAccess", "no");
  cluster.Set("maxConnectionsPerPod", "32k");
  cluster.Set("serviceCIDR", "10.96.0.0/33");
  cluster.Set("clusterCIDR", "10.96.0.0/11");
  EXPECT_EQ(cluster["a"],
            "pods=10.1.0.0/24 ip=10.0.0.1 InvalidSettings: ConfigMap/kube-system/k-vswitch "
            "data.serviceCIDR: range \"10.96.0.0/33\": the length must be 0 to 32; the last valid "
            "value is used; "
            "ConfigMap/kube-system/k-vswitch data.clusterCIDR: 10.96.0.0/11 for pods "
            "overlaps 10.96.0.0/12 for Services; choose ranges that don't overlap; the last valid "
            "value is used; "
            "ConfigMap/kube-system/k-vswitch data.overlayType: \"vlan\" is unknown; use auto, "
            "vxlan, gre, geneve or none; the last valid value is used; "
            "ConfigMap/kube-system/k-vswitch data.metadataAccess: \"no\" is unknown; use allow or "
            "deny; the last valid value is used; "
            "ConfigMap/kube-system/k-vswitch data.maxConnectionsPerPod: \"32k\" is not a number of "
            "connections; use a whole number from 0 (no limit) to 4294967295; the last valid value "
            "is used");
  EXPECT_EQ(cluster.facts.existing.at("a").spec, good);
}

TEST(Plan, WhatIsNoSettingIsTold) {
  Cluster cluster;
  cluster.AddNode("a", {"10.1.0.0/24"}, "10.0.0.1");
  cluster.Set("overlaytype", "geneve");
  EXPECT_EQ(cluster["a"],
            "pods=10.1.0.0/24 ip=10.0.0.1 InvalidSettings: ConfigMap/kube-system/k-vswitch "
            "data.overlaytype: is not a setting; use serviceCIDR, clusterCIDR, overlayType, "
            "metadataAccess, maxConnectionsPerPod");
}

TEST(Plan, ProblemsOfTheSourceAreShown) {
  Cluster cluster;
  cluster.AddNode("a", {"10.1.0.0/24"}, "10.0.0.1");
  cluster.AddNode("b", {"10.1.1.0/24"}, "10.0.0.2");
  cluster.facts.problems = {{"Node/a", "spec.podCIDRs", "expected a list (a.yaml:1)"}};
  EXPECT_EQ(cluster["a"],
            "pods=10.1.0.0/24 ip=10.0.0.1 InvalidNode: Node/a spec.podCIDRs: expected a list "
            "(a.yaml:1)");
  EXPECT_EQ(cluster["b"], "pods=10.1.1.0/24 ip=10.0.0.2 Accepted");
}

TEST(Plan, TheTimeOfAConditionChangesWithItsStatus) {
  Cluster cluster;
  const auto time = [&] {
    cluster.Apply();
    return cluster.facts.existing.at("a").status.conditions.at(0).last_transition_time;
  };
  cluster.AddNode("a", {"10.1.0.0/24"}, "10.0.0.1");
  EXPECT_EQ(time(), "T1");
  cluster.facts.now = "T2";
  EXPECT_EQ(time(), "T1");
  cluster.AddNode("a", {"10.1.0.0/24"}, "");
  EXPECT_EQ(time(), "T2");
  cluster.facts.now = "T3";
  cluster.AddNode("a", {"x"}, "");
  EXPECT_EQ(time(), "T2");
}

// Properties.

Node AnyNode(const std::string& name) {
  Node node{.meta = {.name = name}};
  for (int count = *rc::gen::inRange(0, 3); count > 0; --count) {
    const int kind = *rc::gen::inRange(0, 6);
    node.pod_cidrs.push_back(kind == 0   ? "garbage"
                             : kind == 1 ? fmt::format("fd00:1:0:{}::/64", *rc::gen::inRange(0, 4))
                                         : fmt::format("10.1.{}.0/{}", 4 * *rc::gen::inRange(0, 4),
                                                       *rc::gen::inRange(22, 25)));
  }
  if (const int ip = *rc::gen::inRange(0, 8); ip > 0)
    node.addresses = {{"InternalIP", fmt::format("10.0.0.{}", ip)}};
  return node;
}

void CheckNoOverlap(const Configs& configs) {
  for (const auto& [name, one] : configs)
    for (const auto& [other_name, other] : configs) {
      if (name == other_name) continue;
      for (const Prefix& range : one.spec.pod_cidrs)
        for (const Prefix& other_range : other.spec.pod_cidrs)
          RC_ASSERT(!range.Overlaps(other_range));
      for (const Ip& ip : one.spec.overlay_ips)
        RC_ASSERT(std::count(other.spec.overlay_ips.begin(), other.spec.overlay_ips.end(), ip) ==
                  0);
    }
}

RC_GTEST_PROP(Plan, IsSoundAndSettles, ()) {
  Cluster cluster;
  cluster.facts.flags.cluster_cidrs = *ParsePrefixes("10.1.0.0/20,fd00:1::/62");
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 8));
  for (const int step : steps) {
    const std::string name = fmt::format("n{}", step);
    if (*rc::gen::inRange(0, 4) == 0)
      cluster.facts.nodes.erase(name);
    else
      cluster.facts.nodes[name] = AnyNode(name);
    const Configs before = cluster.facts.existing;
    const auto plan = Plan(cluster.facts);
    RC_ASSERT(plan.size() == cluster.facts.nodes.size());
    CheckNoOverlap(plan);
    // Nobody loses a range or an address by what happens to another.
    for (const auto& [other, config] : plan) {
      if (other == name || !before.contains(other)) continue;
      RC_ASSERT(config.spec.pod_cidrs.size() >= before.at(other).spec.pod_cidrs.size());
      RC_ASSERT(config.spec.overlay_ips.size() >= before.at(other).spec.overlay_ips.size());
    }
    // Applied again it settles: what the gone leave free is given away, and who waited moves.
    cluster.facts.existing = plan;
    for (int rounds = 0; Plan(cluster.facts) != cluster.facts.existing; ++rounds) {
      RC_ASSERT(rounds < 8);
      cluster.Apply();
      CheckNoOverlap(cluster.facts.existing);
    }
  }
}

}  // namespace
}  // namespace kvs::controller
