#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/net.h"
#include "pipeline/plan.h"
#include "world/world.h"

// What more than one rule reads out of the facts. A fact that contradicts another is left out here,
// for all rules alike; the rule that says why is named.
namespace kvs::pipeline {

// The pod's addresses; none as long as this node is not known or the switch has not numbered the
// port. Left out: an address that this node keeps for itself (reported by RoutePod).
std::vector<Ip> RoutableIps(const View& view, const world::Port& port);

// Why no pod can have `ip`: the node keeps it for itself. "" if one can. `of_node`: one of the
// node's links has it.
std::string ObjectionTo(const world::Self& self, const Ip& ip, bool of_node);

// The node's pod ranges. Left out: one that overlaps a range of this node (reported by RouteNode).
std::vector<Prefix> ForeignRanges(const world::Self& self, const world::Node& node);

// Where the tunnel to `node` ends: its first address of a family that this node has an overlay
// address of as well. nullopt: the two have no family in common.
std::optional<Ip> EndpointOf(const View& view, const world::Node& node);

// Whether pods of other nodes are reached through the tunnel.
inline bool HasTunnel(const world::Self& self) { return self.overlay != world::Overlay::kNone; }

// What the host finds behind the bridge: the whole cluster, or without a tunnel this node's pods.
const std::vector<Prefix>& BehindBridge(const View& view);
// The same, and this node's ranges where they are no part of the cluster's.
std::vector<Prefix> RoutedRanges(const View& view);
// Whether one of those holds `range`. The cluster's are read only if this node's do not.
bool IsRouted(const View& view, const Prefix& range);

bool AnyContains(const std::vector<Prefix>& ranges, const Prefix& range);

}  // namespace kvs::pipeline
