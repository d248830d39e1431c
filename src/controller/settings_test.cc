#include <gtest/gtest.h>

#include "controller/plan_test.h"

namespace kvs::controller {
namespace {

// Two nodes that are connected: 10.200.0.1 and .2, pods of 10.244.1.0/24 and 10.244.2.0/24.
struct Running : Cluster {
  explicit Running(const char* cluster_cidr = "10.244.0.0/16", const char* service_cidr = "") {
    facts.flags.cluster_cidrs = *ParsePrefixes(cluster_cidr);
    facts.flags.service_cidrs = *ParsePrefixes(service_cidr);
    AddNode("a", {"10.244.1.0/24"}, "10.200.0.1");
    AddNode("b", {"10.244.2.0/24"}, "10.200.0.2");
    Apply();
    Apply();
  }

  // What both have but for the settings: nothing may change that.
  std::string Connected() const {
    std::string all;
    for (const auto& [name, config] : facts.existing)
      all += Join(config.spec.pod_cidrs) + " " + Join(config.spec.overlay_ips) + " ";
    return all;
  }
  std::string Ranges() const {
    const auto& spec = facts.existing.at("a").spec;
    return "pods " + Join(spec.cluster_cidrs) + " services " + Join(spec.service_cidrs);
  }
  std::string Message() const { return facts.existing.at("a").status.conditions.at(0).message; }
};

constexpr char kConnected[] = "10.244.1.0/24 10.200.0.1 10.244.2.0/24 10.200.0.2 ";

std::string Told(const std::string& key, const std::string& why,
                 const char* kept = "the last valid value is used") {
  return fmt::format("ConfigMap/kube-system/k-vswitch data.{}: {}; {}", key, why, kept);
}

std::string Holds(const std::string& range, const std::string& what) {
  return range + " contains " + what +
         "; choose a range without addresses of nodes or of the API server";
}

TEST(Plan, NoSettingTakesWhatIsInUse) {
  const struct {
    const char *key, *value;
    std::string why;
  } kBad[] = {
      {"serviceCIDR", "10.200.0.0/16", Holds("10.200.0.0/16", "10.200.0.1, an address of Node/a")},
      {"serviceCIDR", "10.97.0.0/16,10.200.0.2/32",
       Holds("10.200.0.2/32", "10.200.0.2, an address of Node/b")},
      {"serviceCIDR", "10.70.0.0/16", Holds("10.70.0.0/16", "10.70.0.9, the API server's")},
      {"serviceCIDR", "10.244.0.0/16",
       "10.244.0.0/16 for Services overlaps 10.244.1.0/24, the pod range of Node/a; choose ranges "
       "that don't overlap"},
      {"serviceCIDR", "10.244.2.128/25",
       "10.244.2.128/25 for Services overlaps 10.244.2.0/24, the pod range of Node/b; choose "
       "ranges that don't overlap"},
      {"clusterCIDR", "10.200.0.0/16", Holds("10.200.0.0/16", "10.200.0.1, an address of Node/a")},
      {"clusterCIDR", "10.244.0.0/16,10.70.0.0/16",
       Holds("10.70.0.0/16", "10.70.0.9, the API server's")},
      {"clusterCIDR", "10.96.7.0/24",
       "10.96.7.0/24 for pods overlaps 10.96.0.0/16 for Services; choose ranges that don't "
       "overlap"},
  };
  for (const char* cluster_cidr : {"10.244.0.0/16", ""})
    for (const auto& [key, value, why] : kBad) {
      Running cluster(cluster_cidr, "10.96.0.0/16");
      const std::string ranges = cluster.Ranges();
      const char* kept = !*cluster_cidr && std::string_view(key) == "clusterCIDR"
                             ? "there is no earlier value"
                             : "the last valid value is used";
      cluster.facts.api_servers = {*Ip::Parse("10.70.0.9")};
      cluster.Set(key, value);
      for (int round = 0; round < 2; ++round) {
        cluster.Apply();
        EXPECT_EQ(cluster.Connected(), kConnected) << key << value;
        EXPECT_EQ(cluster.Message(), Told(key, why, kept));
        EXPECT_EQ(cluster.Ranges(), ranges) << value;
      }
      cluster.map.data.clear();
      EXPECT_EQ(cluster["a"], "pods=10.244.1.0/24 ip=10.200.0.1 Accepted");
    }
}

TEST(Plan, ServicesDoNotOverlapTheClusterRange) {
  Running cluster("10.244.0.0/16", "10.96.0.0/16");
  cluster.Set("serviceCIDR", "10.244.128.0/24");  // which no node has
  cluster.Apply();
  EXPECT_EQ(cluster.Message(), Told("serviceCIDR",
                                    "10.244.0.0/16 for pods overlaps 10.244.128.0/24 for Services; "
                                    "choose ranges that don't overlap"));
  EXPECT_EQ(cluster.Ranges(), "pods 10.244.0.0/16 services 10.96.0.0/16");
}

TEST(Plan, OfTwoSettingsThatContradictEachOtherNeitherIsTaken) {
  Running cluster("10.244.0.0/16", "10.96.0.0/16");
  cluster.Set("serviceCIDR", "10.250.0.0/16");
  cluster.Set("clusterCIDR", "10.250.0.0/16,10.244.0.0/16");
  cluster.Apply();
  const std::string why =
      "10.250.0.0/16 for pods overlaps 10.250.0.0/16 for Services; choose ranges that don't "
      "overlap";
  EXPECT_EQ(cluster.Message(), Told("serviceCIDR", why) + "; " + Told("clusterCIDR", why));
  EXPECT_EQ(cluster.Ranges(), "pods 10.244.0.0/16 services 10.96.0.0/16");
  // Both move, and are judged by where the other moves to, or stays.
  cluster.Set("serviceCIDR", "10.97.0.0/16");
  cluster.Set("clusterCIDR", "10.96.0.0/16,10.244.0.0/16");
  EXPECT_EQ(cluster["a"], "pods=10.244.1.0/24 ip=10.200.0.1 Accepted");
  cluster.Set("serviceCIDR", "10.200.0.0/16");
  cluster.Set("clusterCIDR", "10.97.0.0/16,10.244.0.0/16");
  cluster.Apply();
  EXPECT_EQ(cluster.Ranges(), "pods 10.96.0.0/16,10.244.0.0/16 services 10.97.0.0/16");
}

TEST(Plan, AFlagIsJudgedAsASettingIs) {
  Running cluster("10.244.0.0/16", "10.96.0.0/16");
  cluster.facts.flags.service_cidrs = *ParsePrefixes("10.200.0.0/16");
  cluster.Apply();
  EXPECT_EQ(cluster.Message(), "k-vswitch-controller --service-cidr: " +
                                   Holds("10.200.0.0/16", "10.200.0.1, an address of Node/a") +
                                   "; the last valid value is used");
  EXPECT_EQ(cluster.Ranges(), "pods 10.244.0.0/16 services 10.96.0.0/16");
  EXPECT_EQ(cluster.Connected(), kConnected);
  cluster.Set("serviceCIDR", "10.250.0.0/16");
  EXPECT_EQ(cluster["a"], "pods=10.244.1.0/24 ip=10.200.0.1 Accepted") << "the ConfigMap wins";
}

TEST(Plan, ABadFlagOfANewClusterIsNotUsed) {
  Running cluster("10.200.0.0/16", "10.96.0.0/16");
  EXPECT_EQ(cluster.Ranges(), "pods  services 10.96.0.0/16");
  EXPECT_EQ(cluster.Connected(), kConnected);
  EXPECT_EQ(cluster.Message(), "k-vswitch-controller --cluster-cidr: " +
                                   Holds("10.200.0.0/16", "10.200.0.1, an address of Node/a") +
                                   "; there is no earlier value");
  EXPECT_FALSE(cluster.facts.existing.at("a").spec.sources.contains("clusterCIDRs"));
}

TEST(Plan, WhoComesLaterIsRefusedAndNotTheSetting) {
  Running cluster("10.244.0.0/16", "10.96.0.0/16");
  cluster.AddNode("c", {"10.244.3.0/24"}, "10.96.0.9");
  EXPECT_EQ(cluster["a"], "pods=10.244.1.0/24 ip=10.200.0.1 Accepted");
  EXPECT_EQ(
      cluster["c"],
      "pods=10.244.3.0/24 ip= OverlayIPInvalid: Node/c status.addresses: 10.96.0.9 is within "
      "the Services' range 10.96.0.0/16; give the node another address, or correct serviceCIDR; it "
      "is refused");
}

TEST(Plan, AnOverlayAddressInUseIsAsGoodAsTheNodesOwn) {
  Running cluster;
  cluster.AddNode("a", {"10.244.1.0/24"}, "");  // keeps what it had
  cluster.Set("serviceCIDR", "10.200.0.1/32");
  cluster.Apply();
  EXPECT_EQ(cluster.Connected(), kConnected);
  EXPECT_EQ(cluster.Ranges(), "pods 10.244.0.0/16 services ");
}

TEST(Plan, TheServiceOfTheApiServerIsAService) {
  Running cluster;
  cluster.facts.api_servers = {*Ip::Parse("10.96.0.1"), *Ip::Parse("fd00:96::1")};
  cluster.Set("serviceCIDR", "10.96.0.0/12,fd00:96::/112");
  EXPECT_EQ(cluster["a"], "pods=10.244.1.0/24 ip=10.200.0.1 Accepted");
}

// As the version before may have left it.
TEST(Plan, WhatContradictsSinceBeforeIsToldAndStays) {
  Running cluster;
  for (auto& [name, config] : cluster.facts.existing)
    config.spec.service_cidrs = *ParsePrefixes("10.244.0.0/16");
  cluster.Set("serviceCIDR", "10.244.0.0/16");
  cluster.Apply();
  EXPECT_NE(cluster.Message().find("data.serviceCIDR: 10.244.0.0/16 for Services overlaps"),
            std::string::npos);
  EXPECT_EQ(cluster.Connected(), kConnected);
}

}  // namespace
}  // namespace kvs::controller
