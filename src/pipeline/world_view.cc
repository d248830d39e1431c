#include "pipeline/world_view.h"

#include <algorithm>
#include <iterator>

namespace kvs::pipeline {

bool IsReserved(const world::Self& self, const Ip& ip) {
  return std::ranges::count(self.gateways, ip) + std::ranges::count(self.snat, ip) +
             std::ranges::count(self.addresses, ip) !=
         0;
}

std::vector<Ip> RoutableIps(const world::Self& self, const world::Port& port) {
  std::vector<Ip> ips;
  if (!self.node.empty() && port.ofport != 0)
    std::ranges::copy_if(port.ips, std::back_inserter(ips),
                         [&](const Ip& ip) { return !IsReserved(self, ip); });
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
                               [&](const Ip& mine) { return mine.is6() == ip.is6(); });
  });
  if (it == node.overlay_ips.end()) return std::nullopt;
  return *it;
}

}  // namespace kvs::pipeline
