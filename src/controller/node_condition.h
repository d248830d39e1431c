#pragma once

#include <optional>
#include <string>

#include "kube/object/objects.h"

namespace kvs::controller {

// The condition NetworkUnavailable that the node should show, if it doesn't: the scheduler places
// no pods where it is True (the node lifecycle controller taints the node). It follows the agent's
// own condition Ready, and is False where another network plugin serves pods; while no agent has
// said anything, or Ready is Unknown, it is left alone, unless `gone`: with its agent
// (Verdict::network_gone). `now`: RFC 3339.
std::optional<kube::Condition> NetworkConditionToWrite(const kube::Node& node,
                                                       const kube::VSwitchConfig& config, bool gone,
                                                       const std::string& now);

}  // namespace kvs::controller
