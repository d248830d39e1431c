#pragma once

#include <algorithm>
#include <string>

#include "lab/cluster/lab.h"

namespace kvs::lab {

// An IPv4 address of a node's pod range that no pod has. Pods get addresses at hashed positions, so
// an address chosen by a test would be a pod's in one of about 250 runs. The node must have a pod,
// and the range from the lab's own manifests (a /24).
inline Ip UnusedPodIp(const Lab& lab, const std::string& node) {
  const auto& pods = lab.pods();
  const auto there =
      std::ranges::find_if(pods, [&](const auto& pod) { return pod.second.node == node; });
  const Prefix range(there->second.ips.front(), 24);
  for (uint64_t at = 250;; --at) {
    const Ip ip = *range.At(at);
    if (std::ranges::none_of(
            pods, [&](const auto& pod) { return std::ranges::count(pod.second.ips, ip) > 0; }))
      return ip;
  }
}

}  // namespace kvs::lab
