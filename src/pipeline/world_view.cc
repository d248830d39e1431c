#include "pipeline/world_view.h"

#include <algorithm>
#include <iterator>

namespace kvs::pipeline {

std::string ObjectionTo(const world::Self& self, const Ip& ip, bool of_node) {
  if (of_node) return fmt::format("{} is an address of the node; take it off the node's link", ip);
  if (std::ranges::count(self.gateways, ip) + std::ranges::count(self.snat, ip) != 0)
    return fmt::format("{} is reserved for the node; recreate the pod", ip);
  return "";
}

std::vector<Ip> RoutableIps(const View& view, const world::Port& port) {
  const world::Self& self = view.self();
  std::vector<Ip> ips;
  if (!self.node.empty() && port.ofport != 0)
    std::ranges::copy_if(port.ips, std::back_inserter(ips), [&](const Ip& ip) {
      return ObjectionTo(self, ip, view.IsOfNode(ip)).empty();
    });
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

const std::vector<Prefix>& BehindBridge(const View& view) {
  const world::Self& self = view.self();
  return HasTunnel(self) ? view.cluster().pods : self.pod_ranges;
}

std::vector<Prefix> RoutedRanges(const View& view) {
  std::vector<Prefix> ranges = BehindBridge(view);
  for (const Prefix& range : view.self().pod_ranges)
    if (!AnyContains(ranges, range)) ranges.push_back(range);
  return ranges;
}

bool IsRouted(const View& view, const Prefix& range) {
  return AnyContains(view.self().pod_ranges, range) || AnyContains(BehindBridge(view), range);
}

bool AnyContains(const std::vector<Prefix>& ranges, const Prefix& range) {
  return std::ranges::any_of(ranges, [&](const Prefix& r) { return r.Contains(range); });
}

}  // namespace kvs::pipeline
