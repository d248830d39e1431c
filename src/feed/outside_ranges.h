#pragma once

#include <optional>

#include "base/problem.h"
#include "world/world.h"

namespace kvs::feed {

// The pods here with an address that is of none of this node's ranges, as of one that it had before
// they were changed. Other nodes know no way to them, and take nothing from them. Where a delegated
// IPAM plugin chooses addresses, they are outside by somebody's wish (docs/install.md), and not
// counted. nullopt: there are none.
std::optional<Problem> PodsOutsideRanges(const world::Self& self,
                                         const engine::Table<world::Port>& ports);

}  // namespace kvs::feed
