#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/namespaced_name.h"
#include "base/net.h"
#include "ovsdb/names.h"
#include "ovsdb/schema.h"

// What the CNI plugin and the agent exchange through OVSDB's external_ids. The plugin describes a
// pod's attachment on its Interface. The agent answers on the same row with an AttachmentStatus,
// and publishes on the Bridge what the plugin must know about the node.
namespace kvs::ovsdb {

inline constexpr std::string_view kContainerKey = "kvs.container";
inline constexpr std::string_view kIfnameKey = "kvs.ifname";
inline constexpr std::string_view kNetnsKey = "kvs.netns";
inline constexpr std::string_view kPodKey = "kvs.pod";
inline constexpr std::string_view kPodUidKey = "kvs.pod-uid";
inline constexpr std::string_view kIpsKey = "kvs.ips";
// "kvs.ip/ADDRESS": "yes" for each address, so that OVSDB can be asked whether any pod has an
// address.
inline constexpr std::string_view kIpKeyPrefix = "kvs.ip/";
inline constexpr std::string_view kMacKey = "attached-mac";
inline constexpr std::string_view kIpamKey = "kvs.ipam";
inline constexpr std::string_view kRealizedKey = "kvs.realized";
inline constexpr std::string_view kErrorKey = "kvs.error";
inline constexpr std::string_view kNodeKey = "kvs.node";
inline constexpr std::string_view kPodRangesKey = "kvs.pod-ranges";
inline constexpr std::string_view kMtuKey = "kvs.mtu";
inline constexpr std::string_view kDatapathKey = "kvs.datapath";
inline constexpr std::string_view kAgentKey = "kvs.agent";
inline constexpr std::string_view kMarkLayoutsKey = "kvs.mark-layouts";

// One interface of one pod.
struct Attachment {
  enum class Ipam { kOwn, kDelegated };

  std::string container;  // id given by the container runtime
  std::string ifname;     // inside the pod: "eth0"
  std::string netns;      // path
  NamespacedName pod;     // empty if the runtime did not give it
  std::string pod_uid;    // "" if the runtime did not give it
  std::string network;    // the CNI network's name; "" if an earlier build made the attachment
  std::vector<Ip> ips;
  Mac mac;
  Ipam ipam = Ipam::kOwn;

  // Whether these external_ids are those of a pod's Interface.
  static bool IsIn(const StringMap& external_ids);
  StringMap ToExternalIds() const;
  // The external_ids that the Interface of a pod with this address has.
  static StringMap IdOf(const Ip& ip);
  // The "kvs.ip/..." keys that `external_ids` lacks for its addresses (plugins of other builds
  // don't write them); empty also if it can't be parsed.
  static StringMap MissingIds(const StringMap& external_ids);
  // The Error names the key that is missing or wrong.
  static Result<Attachment> FromExternalIds(const StringMap& external_ids);

  // The link alias (IFLA_IFALIAS) of the veth's host end, from which an attachment can be restored
  // when OVSDB is lost: "kvs1 CONTAINER/IFNAME MAC IPS NAMESPACE/NAME net=NETWORK". It has at most
  // 255 bytes: if it is longer, the pod and what follows are left out (a namespace has up to 63
  // bytes, a pod's name 253); an Error if it still does not fit. netns, pod_uid and ipam are not in
  // it.
  Result<std::string> ToAlias() const;
  // What the alias leaves out is stored in alternative names of the link (IFLA_ALT_IFNAME, 127
  // bytes each): "LINK+0+NAMESPACE+NA", "LINK+1+ME+", "LINK+net+NETWORK". A network whose name does
  // not fit into one is not stored.
  std::vector<std::string> ToAltNames(std::string_view link) const;
  // `alias` and what the alternative names add to it; it may be longer than an alias.
  static std::string WholeAlias(const std::string& alias, std::string_view link,
                                const std::vector<std::string>& alt_names);
  // Unknown words KEY=VALUE come from a later build, and are skipped.
  static Result<Attachment> FromAlias(std::string_view alias);
  // Whether it was restored from an alias: the pod runs, and had its port before. (The plugin
  // always gives a netns.)
  bool restored() const { return netns.empty(); }

  friend bool operator==(const Attachment&, const Attachment&) = default;
};

// The agent's answer to an attachment.
struct AttachmentStatus {
  std::optional<uint64_t> realized;  // revision whose flows the switch has confirmed
  std::string error;                 // why it cannot be realized; "": no error

  StringMap ToExternalIds() const;
  static AttachmentStatus FromExternalIds(const StringMap& external_ids);

  friend bool operator==(const AttachmentStatus&, const AttachmentStatus&) = default;
};

// What the agent publishes about its node, on the Bridge.
struct BridgeFacts {
  enum class Datapath { kNetdev, kSystem };

  std::string node;
  std::vector<Prefix> pod_ranges;  // at most one per family
  int mtu = 0;                     // of pods, bytes
  Datapath datapath = Datapath::kSystem;
  bool agent_ready = false;  // it can realize pods
  std::string mark_layouts;  // the agents' record (pipeline/mark_layout.h)

  // Without kAgentKey if the agent is not ready: the key must be removed then.
  StringMap ToExternalIds() const;
  static Result<BridgeFacts> FromExternalIds(const StringMap& external_ids);

  friend bool operator==(const BridgeFacts&, const BridgeFacts&) = default;
};

}  // namespace kvs::ovsdb
