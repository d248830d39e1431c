#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Names and numbers that the CNI plugin and the agent must have in common, beside what is in the
// rows themselves (attachment.h). They outlive both programs: one that changes is migrated.
namespace kvs::ovsdb {

inline constexpr const char* kBridgeName = "k-vswitch0";
inline constexpr const char* kTunnelPortName = "overlay0";

// Interface.external_ids: the name of the CNI network of an attachment.
inline constexpr std::string_view kNetworkKey = "kvs.network";

// Groups (IFLA_GROUP) of the host ends of pods' veths: in use; and left by the plugin, when their
// pods are gone, to the agent, which deletes them in one message: one by one each would cost the
// runtime 30 ms of waiting in the kernel.
inline constexpr uint32_t kLiveLinkGroup = 27;
inline constexpr uint32_t kDefunctLinkGroup = 28;

// The port (and link) of an attachment whose addresses are our own: "kv" and their index in the
// node's ranges, in hex.
std::string PortName(uint64_t index);
// The inverse; nullopt for names of others. Upper case and leading zeros are others'.
std::optional<uint64_t> IndexOfPort(std::string_view name);
// The port of an attachment whose addresses come from elsewhere: "kvx" and 11 hex digits of a hash.
std::string ForeignPortName(std::string_view attachment);

// The OpenFlow port to ask for, so that flows can be written before the switch has seen the link:
// 16 and up (1 is the tunnel), at most 60000; beyond it nullopt, and the switch chooses.
std::optional<int64_t> OfportOf(uint64_t index);

}  // namespace kvs::ovsdb
