#pragma once

#include <string_view>

// The reasons of the conditions that the controller writes: one word each, by which programs of
// others may tell them apart. They outlive the controller (cli/durable_names_test.cc).
namespace kvs::controller::reason {

// Of a VSwitchConfig's condition Accepted: True for the first, else False (plan.h).
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

// Of a VSwitchConfig's condition Ready where it is Unknown (liveness.h).
inline constexpr char kAgentNotReady[] = "AgentNotReady";
inline constexpr char kNoAgent[] = "NoAgent";
inline constexpr char kNodeUnreachable[] = "NodeUnreachable";
inline constexpr std::string_view kOfReady[] = {kAgentNotReady, kNoAgent, kNodeUnreachable};

// Of a Node's condition NetworkUnavailable (node_condition.h): it has its network; it has not; it
// lost it with its agent; another network plugin serves its pods.
inline constexpr char kNetworkReady[] = "KVSwitchReady";
inline constexpr char kNetworkNotReady[] = "KVSwitchNotReady";
inline constexpr char kAgentGone[] = "KVSwitchAgentGone";
inline constexpr char kWaits[] = "KVSwitchWaits";
inline constexpr std::string_view kOfNetworkUnavailable[] = {kNetworkReady, kNetworkNotReady,
                                                             kAgentGone, kWaits};

}  // namespace kvs::controller::reason
