#pragma once

#include <string_view>

#include "kube/object/objects.h"

// The types and reasons of conditions and events that the agent writes into the API. Other programs
// may depend on them, so they must not change (cli/durable_names_test.cc).
namespace kvs::agent {

// A condition of the node's VSwitchConfig. `bad` is its reason if the condition is not as it should
// be, `other` one more such reason.
struct ConditionWords {
  std::string_view type, good, bad, other;
};
inline constexpr ConditionWords kReady{kube::VSwitchConfig::kReady, "NodeNetworked", "NotServing",
                                       "Starting"};
inline constexpr ConditionWords kDegraded{"Degraded", "AsExpected", "ProblemsFound", ""};
inline constexpr ConditionWords kOvsConnected{"OVSConnected", "Connected", "OVSUnreachable", ""};
inline constexpr ConditionWords kBridgeConfigured{"BridgeConfigured", "Configured",
                                                  "BridgeConflict", ""};
inline constexpr ConditionWords kFlowsSynced{"FlowsSynced", "Synced", "Syncing",
                                             "FlowTableRejected"};
inline constexpr ConditionWords kDirectRouting{"DirectRouting", "", "NotAvailable", ""};
inline constexpr ConditionWords kConditions[] = {
    kReady, kDegraded, kOvsConnected, kBridgeConfigured, kFlowsSynced, kDirectRouting};
// Also a reason of kReady: k-vswitch was uninstalled from the node.
inline constexpr std::string_view kUninstalled = "Uninstalled";

// Events on the Node: their reporter (reportingController), and their reasons.
inline constexpr char kReporter[] = "kvswitch.io/agent";
inline constexpr char kNetworkReady[] = "NetworkReady";
inline constexpr char kNetworkNotReady[] = "NetworkNotReady";
inline constexpr char kNetworkProblem[] = "NetworkProblem";

}  // namespace kvs::agent
