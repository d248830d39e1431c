#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/problem.h"
#include "controller/refusal.h"
#include "kube/object/objects.h"

namespace kvs::controller {

inline constexpr char kConfigMapKey[] = "kube-system/k-vswitch";

// The command line's.
struct Flags {
  std::vector<Prefix> cluster_cidrs;  // empty: not given
  std::vector<Prefix> service_cidrs;  // empty: not given
  kube::OverlayType overlay_type = kube::OverlayType::kVxlan;
  bool overlay_type_given = false;
};

// What holds for the whole cluster.
struct Settings {
  std::vector<Prefix> cluster_cidrs;
  std::vector<Prefix> service_cidrs;
  kube::OverlayType overlay_type = kube::OverlayType::kVxlan;
  kube::MetadataAccess metadata_access = kube::MetadataAccess::kAllow;
  int64_t max_connections_per_pod = kube::kMaxConnectionsPerPod;
  kube::StringMap sources;        // of each field, as in VSwitchConfigSpec
  std::vector<Problem> problems;  // with the ConfigMap and the flags
};

// The ConfigMap's value where it is good; where it is bad, the last good one, which the existing
// configurations still hold; else the flag's.
//
// Ranges, the flags' too, are bad if they contradict what is in use: if they hold one of
// `addresses` (sorted), if Services' overlap those that a node has for its pods, or if one list
// overlaps the other, where the one that is new is refused, or both. Ranges that the configurations
// hold already are in use themselves, and no address that comes later makes them bad.
Settings Resolve(const Flags& flags, const kube::ConfigMap* map,
                 const std::map<std::string, kube::VSwitchConfig>& existing,
                 const std::vector<TakenAddress>& addresses);

// Whether a range of one list overlaps one of the other: an error text that says which, or empty.
std::string Overlap(const std::vector<Prefix>& cluster_cidrs,
                    const std::vector<Prefix>& service_cidrs);

}  // namespace kvs::controller
