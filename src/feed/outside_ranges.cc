#include "feed/outside_ranges.h"

#include <algorithm>

namespace kvs::feed {
namespace {

constexpr size_t kMostNames = 3;

// "shop/web (10.1.1.3)"; "" if all of its addresses are in this node's ranges.
std::string Outside(const world::Self& self, const world::Port& port) {
  const auto outside = std::ranges::find_if(port.ips, [&](const Ip& ip) {
    return std::ranges::none_of(self.pod_ranges,
                                [&](const Prefix& range) { return range.Contains(ip); });
  });
  if (port.delegated || outside == port.ips.end()) return "";
  return fmt::format("{} ({})", port.pod.empty() ? port.name : port.pod.ToString(), *outside);
}

}  // namespace

std::optional<Problem> PodsOutsideRanges(const world::Self& self,
                                         const engine::Table<world::Port>& ports) {
  std::vector<std::string> pods;
  ports.ForEach([&](const world::Port& port) {
    if (std::string pod = Outside(self, port); !pod.empty()) pods.push_back(std::move(pod));
  });
  if (pods.empty()) return std::nullopt;
  std::ranges::sort(pods);
  std::string names = pods.front();
  for (size_t i = 1; i < std::min(pods.size(), kMostNames); ++i) names += ", " + pods[i];
  if (pods.size() > kMostNames) names += fmt::format(" and {} more", pods.size() - kMostNames);
  return Problem{
      "VSwitchConfig/" + self.node, "spec.podCIDRs",
      fmt::format("{} on this node {} an address outside of its pod ranges ({}), for example from "
                  "before these were changed, and can't be reached from other nodes; delete {}, so "
                  "that {} recreated: {}",
                  pods.size() == 1 ? "1 pod" : fmt::format("{} pods", pods.size()),
                  pods.size() == 1 ? "has" : "have", Join(self.pod_ranges),
                  pods.size() == 1 ? "this pod" : "these pods",
                  pods.size() == 1 ? "it is" : "they are", names),
      "PodsOutsideRanges"};
}

}  // namespace kvs::feed
