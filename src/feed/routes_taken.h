#pragma once

#include <optional>

#include "base/problem.h"
#include "feed/link_feed.h"
#include "world/world.h"

namespace kvs::feed {

// Pods to which this node does not send packets through the bridge although our routes exist: an ip
// rule, or a preferred route of another program, sends them elsewhere or nowhere. The kernel is
// asked for one address of each range. nullopt: there are none.
std::optional<Problem> RoutesTaken(const world::Self& self, const engine::Table<world::Node>& nodes,
                                   const LinkFeed& links);

}  // namespace kvs::feed
