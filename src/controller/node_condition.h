#pragma once

#include <optional>
#include <string>

#include "kube/object/objects.h"

namespace kvs::controller {

// The condition NetworkUnavailable that the node should show; nullopt if it shows it already. The
// scheduler places no pods while it is True (the node lifecycle controller taints the node). It
// follows the agent's condition Ready, and is False if another network plugin serves the node's
// pods. While there is no Ready, or it is Unknown, the condition is not changed, except if `gone`:
// the node lost its network with its agent (LivenessChanges::network_gone). `now`: RFC 3339.
std::optional<kube::Condition> NetworkConditionToWrite(const kube::Node& node,
                                                       const kube::VSwitchConfig& config, bool gone,
                                                       const std::string& now);

}  // namespace kvs::controller
