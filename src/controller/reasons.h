#pragma once

#include <string_view>

// The reasons of the conditions that the controller writes. Other programs may depend on them, so
// they must not change (cli/durable_names_test.cc).
namespace kvs::controller::reason {

// Of a VSwitchConfig's condition Accepted: True with the first one, False with the others (plan.h).
inline constexpr char kGood[] = "Accepted";
inline constexpr char kInvalidNode[] = "InvalidNode";
inline constexpr char kInvalidSettings[] = "InvalidSettings";
inline constexpr char kOverlayIpDuplicate[] = "OverlayIPDuplicate";
inline constexpr char kOverlayIpInvalid[] = "OverlayIPInvalid";
inline constexpr char kOverlayIpMissing[] = "OverlayIPMissing";
inline constexpr char kPodCidrInvalid[] = "PodCIDRInvalid";
inline constexpr char kPodCidrMissing[] = "PodCIDRMissing";
inline constexpr char kPodCidrOutsideCluster[] = "PodCIDROutsideCluster";
inline constexpr char kPodCidrOverlap[] = "PodCIDROverlap";
inline constexpr char kPodCidrsExhausted[] = "PodCIDRsExhausted";
inline constexpr std::string_view kOfAccepted[] = {kGood,
                                                   kInvalidNode,
                                                   kInvalidSettings,
                                                   kOverlayIpDuplicate,
                                                   kOverlayIpInvalid,
                                                   kOverlayIpMissing,
                                                   kPodCidrInvalid,
                                                   kPodCidrMissing,
                                                   kPodCidrOutsideCluster,
                                                   kPodCidrOverlap,
                                                   kPodCidrsExhausted};

// Of a VSwitchConfig's condition Ready when it is Unknown (liveness.h).
inline constexpr char kAgentNotReady[] = "AgentNotReady";
inline constexpr char kNoAgent[] = "NoAgent";
inline constexpr char kNodeUnreachable[] = "NodeUnreachable";
inline constexpr std::string_view kOfReady[] = {kAgentNotReady, kNoAgent, kNodeUnreachable};

// Of a Node's condition NetworkUnavailable (node_condition.h): the network works; it does not; it
// was lost with its agent; another network plugin serves the pods.
inline constexpr char kNetworkReady[] = "KVSwitchReady";
inline constexpr char kNetworkNotReady[] = "KVSwitchNotReady";
inline constexpr char kAgentGone[] = "KVSwitchAgentGone";
inline constexpr char kWaits[] = "KVSwitchWaits";
inline constexpr std::string_view kOfNetworkUnavailable[] = {kNetworkReady, kNetworkNotReady,
                                                             kAgentGone, kWaits};

}  // namespace kvs::controller::reason
