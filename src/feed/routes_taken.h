#pragma once

#include <optional>

#include "base/problem.h"
#include "feed/link_feed.h"
#include "world/world.h"

namespace kvs::feed {

// Pods that packets of this node don't go to through the bridge, though our routes are there: an ip
// rule, or a route of somebody else that the kernel prefers, leads them elsewhere or nowhere. Asked
// of the kernel for one address of each range. nullopt: there are none.
std::optional<Problem> RoutesTaken(const world::Self& self, const engine::Table<world::Node>& nodes,
                                   const LinkFeed& links);

}  // namespace kvs::feed
