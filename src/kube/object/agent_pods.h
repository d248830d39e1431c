#pragma once

#include <string>
#include <utility>

// How to find the agents' pods: those of DaemonSet k-vswitchd.
namespace kvs::kube {

inline constexpr char kAgentNamespace[] = "kube-system";
inline constexpr std::pair<const char*, const char*> kAgentLabels[] = {
    {"app.kubernetes.io/name", "k-vswitch"}, {"app.kubernetes.io/component", "agent"}};

// The selector for the API server: "KEY=VALUE,KEY=VALUE".
inline std::string AgentSelector() {
  std::string selector;
  for (const auto& [key, value] : kAgentLabels)
    selector += std::string(selector.empty() ? "" : ",") + key + "=" + value;
  return selector;
}

}  // namespace kvs::kube
