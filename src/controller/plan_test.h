#pragma once

#include <string>
#include <vector>

#include "controller/plan.h"

namespace kvs::controller {

// A cluster whose plan is applied repeatedly.
struct Cluster {
  Facts facts;
  kube::ConfigMap map{.meta = {.name = "k-vswitch", .ns = "kube-system"}};

  Cluster() {
    facts.flags.cluster_cidrs = *ParsePrefixes("10.1.0.0/16,fd00:1::/48");
    facts.now = "T1";
  }

  kube::Node& AddNode(const std::string& name, std::vector<std::string> pod_cidrs, const char* ip) {
    kube::Node node{.meta = {.name = name}, .pod_cidrs = std::move(pod_cidrs)};
    if (*ip) node.addresses = {{"Hostname", name}, {"InternalIP", ip}};
    return facts.nodes[name] = node;
  }
  void Set(const std::string& key, const std::string& value) {
    map.data[key] = value;
    facts.config_map = &map;
  }
  void Apply() { facts.existing = Plan(facts); }

  // "pods=10.1.0.0/24 ip=10.0.0.1 Accepted", or "pods=... ip=... REASON: MESSAGE".
  std::string operator[](const std::string& name) {
    Apply();
    const kube::VSwitchConfig& config = facts.existing.at(name);
    const auto& accepted = config.status.conditions.at(0);
    return fmt::format(
        "pods={} ip={} {}", Join(config.spec.pod_cidrs), Join(config.spec.overlay_ips),
        accepted.status == "True" ? accepted.reason : accepted.reason + ": " + accepted.message);
  }
};

}  // namespace kvs::controller
