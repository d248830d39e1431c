#include "pipeline/world_view.h"

#include <algorithm>
#include <iterator>

namespace kvs::pipeline {

std::string ObjectionTo(const world::Self& self, const Ip& ip) {
  if (std::ranges::count(self.addresses, ip) != 0)
    return fmt::format("{} is an address of the node; take it off the node's link", ip);
  if (std::ranges::count(self.gateways, ip) + std::ranges::count(self.snat, ip) != 0)
    return fmt::format("{} is reserved for the node; recreate the pod", ip);
  return "";
}

std::vector<Ip> RoutableIps(const world::Self& self, const world::Port& port) {
  std::vector<Ip> ips;
  if (!self.node.empty() && port.ofport != 0)
    std::ranges::copy_if(port.ips, std::back_inserter(ips),
                         [&](const Ip& ip) { return ObjectionTo(self, ip).empty(); });
  return ips;
}

std::vector<Prefix> ForeignRanges(const world::Self& self, const world::Node& node) {
  std::vector<Prefix> ranges;
  std::ranges::copy_if(node.pod_ranges, std::back_inserter(ranges), [&](const Prefix& range) {
    return std::ranges::none_of(self.pod_ranges,
                                [&](const Prefix& own) { return own.Overlaps(range); });
  });
  return ranges;
}

std::optional<Ip> EndpointOf(const View& view, const world::Node& node) {
  const world::Node* own = view.FindNode(view.self().node);
  if (own == nullptr) return std::nullopt;
  const auto it = std::ranges::find_if(node.overlay_ips, [&](const Ip& ip) {
    return std::ranges::any_of(own->overlay_ips,
                               [&](const Ip& mine) { return mine.family() == ip.family(); });
  });
  if (it == node.overlay_ips.end()) return std::nullopt;
  return *it;
}

std::vector<Prefix> RoutedRanges(const world::Self& self) {
  std::vector<Prefix> ranges = BehindBridge(self);
  for (const Prefix& range : self.pod_ranges)
    if (!AnyContains(ranges, range)) ranges.push_back(range);
  return ranges;
}

bool AnyContains(const std::vector<Prefix>& ranges, const Prefix& range) {
  return std::ranges::any_of(ranges, [&](const Prefix& r) { return r.Contains(range); });
}

}  // namespace kvs::pipeline
