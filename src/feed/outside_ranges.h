#pragma once

#include <optional>

#include "base/problem.h"
#include "world/world.h"

namespace kvs::feed {

// Pods on this node with an address outside of all its ranges, for example from before the ranges
// were changed. Other nodes have no route to them, and drop packets from them. If a delegated IPAM
// plugin assigns addresses, its choice is intended (docs/install.md) and not reported. nullopt:
// there are none.
std::optional<Problem> PodsOutsideRanges(const world::Self& self,
                                         const engine::Table<world::Port>& ports);

}  // namespace kvs::feed
