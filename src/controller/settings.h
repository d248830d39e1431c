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

// Settings of the whole cluster.
struct Settings {
  std::vector<Prefix> cluster_cidrs;
  std::vector<Prefix> service_cidrs;
  kube::OverlayType overlay_type = kube::OverlayType::kVxlan;
  kube::MetadataAccess metadata_access = kube::MetadataAccess::kAllow;
  int64_t max_connections_per_pod = kube::kMaxConnectionsPerPod;
  kube::StringMap sources;        // of each field, as in VSwitchConfigSpec
  std::vector<Problem> problems;  // with the ConfigMap and the flags
};

// The ConfigMap's value if it is valid; if it is invalid, the last valid one, from the existing
// configurations; else the flag's.
//
// Ranges, also the flags', are invalid if they conflict with what is in use: if they contain one of
// `addresses` (sorted), if the Services' overlap a node's pod ranges, or if the two lists overlap
// each other (then the new one is refused, or both). Ranges in existing configurations are in use
// themselves, and addresses that appear later don't make them invalid.
Settings Resolve(const Flags& flags, const kube::ConfigMap* map,
                 const std::map<std::string, kube::VSwitchConfig>& existing,
                 const std::vector<TakenAddress>& addresses);

// An error text if a range of one list overlaps one of the other, which names both; else empty.
std::string Overlap(const std::vector<Prefix>& cluster_cidrs,
                    const std::vector<Prefix>& service_cidrs);

}  // namespace kvs::controller
