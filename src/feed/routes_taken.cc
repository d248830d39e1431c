#include "feed/routes_taken.h"

#include <fmt/ranges.h>

#include "ovsdb/schema.h"
#include "pipeline/world_view.h"

namespace kvs::feed {
namespace {

constexpr size_t kMostNamed = 5;
// An index in a node's range that is neither its gateway's nor its SNAT address.
constexpr uint64_t kSomePod = 3;

}  // namespace

std::optional<Problem> RoutesTaken(const world::Self& self, const engine::Table<world::Node>& nodes,
                                   const LinkFeed& links) {
  std::vector<std::string> taken;
  const auto look = [&](const Prefix& range) {
    const auto ip = range.At(kSomePod);
    if (!ip) return;
    const auto route = links.RouteTo(*ip);
    const Ip next_hop = pipeline::NextHop(ip->family());
    if (route && route->link->name == ovsdb::kBridgeName && route->next_hop == next_hop) return;
    taken.push_back(fmt::format(
        "{} ({})", range,
        route ? fmt::format("to {} by link {}", route->next_hop, route->link->name) : "nowhere"));
  };
  for (const Prefix& range : self.pod_ranges) look(range);
  if (pipeline::HasTunnel(self))
    nodes.ForEach([&](const world::Node& node) {
      for (const Prefix& range : pipeline::ForeignRanges(self, node)) look(range);
    });
  if (taken.empty()) return std::nullopt;
  const size_t more = taken.size() - std::min(taken.size(), kMostNamed);
  taken.resize(taken.size() - more);
  return Problem{
      "Host", "route",
      fmt::format("packets from this node to pods don't go to their next hop on k-vswitch0, "
                  "because of an ip rule or route that is not k-vswitch's: {}{}; see: ip rule, ip "
                  "route get ADDRESS; remove that rule or route",
                  fmt::join(taken, ", "), more == 0 ? "" : fmt::format(" and {} more", more)),
      "RouteTaken"};
}

}  // namespace kvs::feed
