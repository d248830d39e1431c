#include "controller/node_condition.h"

#include "controller/reasons.h"

namespace kvs::controller {

std::optional<kube::Condition> NetworkConditionToWrite(const kube::Node& node,
                                                       const kube::VSwitchConfig& config, bool gone,
                                                       const std::string& now) {
  const auto* ready = kube::FindCondition(config.status.conditions, kube::VSwitchConfig::kReady);
  if (ready == nullptr || (ready->status == "Unknown" && !gone)) return std::nullopt;
  kube::Condition wanted{.type = std::string(kube::Node::kNetworkUnavailable),
                         .status = "True",
                         .reason = reason::kNetworkNotReady,
                         .message = ready->message};
  if (ready->status == "True") {
    wanted.status = "False";
    wanted.reason = reason::kNetworkReady;
    wanted.message = "k-vswitch connects pods on this node";
  } else if (ready->status == "Unknown") {
    wanted.reason = reason::kAgentGone;
  } else if (ready->reason == kube::VSwitchConfig::kOtherNetwork) {
    wanted.status = "False";
    wanted.reason = reason::kWaits;
  }
  if (node.network_unavailable == wanted) return std::nullopt;
  wanted.last_transition_time = now;
  return wanted;
}

}  // namespace kvs::controller
