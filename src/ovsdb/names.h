#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Names and numbers that the CNI plugin and the agent share, beside those in the rows
// (attachment.h). They outlive both programs: a changed one needs a migration.
namespace kvs::ovsdb {

inline constexpr const char* kBridgeName = "k-vswitch0";
inline constexpr const char* kTunnelPortName = "overlay0";

// Interface.external_ids: the name of the CNI network of an attachment.
inline constexpr std::string_view kNetworkKey = "kvs.network";

// Groups (IFLA_GROUP) of the host ends of pods' veths: those in use; and those whose pods are gone,
// which the plugin leaves to the agent. The agent deletes them with one request; each deletion by
// the plugin would delay the runtime by 30 ms.
inline constexpr uint32_t kLiveLinkGroup = 27;
inline constexpr uint32_t kDefunctLinkGroup = 28;

// The port (and link) of an attachment with addresses from our own allocation: "kv" and the index
// in the node's ranges, in hex.
std::string PortName(uint64_t index);
// The inverse; nullopt for other names, also with upper-case digits or leading zeros.
std::optional<uint64_t> IndexOfPort(std::string_view name);
// The port of an attachment with addresses from another IPAM plugin: "kvx" and 11 hex digits of a
// hash.
std::string ForeignPortName(std::string_view attachment);

// The OpenFlow port number to request, so that flows can be written before the switch has opened
// the link: from 16 (1 is the tunnel) to 60000; nullopt above that, and the switch chooses.
std::optional<int64_t> OfportOf(uint64_t index);

}  // namespace kvs::ovsdb
