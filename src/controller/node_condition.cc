#include "controller/node_condition.h"

namespace kvs::controller {

std::optional<kube::Condition> NetworkConditionToWrite(const kube::Node& node,
                                                       const kube::VSwitchConfig& config,
                                                       const std::string& now) {
  const auto* ready = kube::FindCondition(config.status.conditions, kube::VSwitchConfig::kReady);
  if (ready == nullptr) return std::nullopt;
  const bool up = ready->status == "True";
  kube::Condition wanted{.type = std::string(kube::Node::kNetworkUnavailable),
                         .status = up ? "False" : "True",
                         .reason = up ? "KVSwitchReady" : "KVSwitchNotReady",
                         .message = up ? "k-vswitch connects pods on this node" : ready->message};
  if (node.network_unavailable == wanted) return std::nullopt;
  wanted.last_transition_time = now;
  return wanted;
}

}  // namespace kvs::controller
