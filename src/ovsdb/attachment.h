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

// What the CNI plugin and the agent tell each other through OVSDB's external_ids. The plugin
// describes a pod's attachment on its Interface; the agent answers on the same row with a
// AttachmentStatus, and says on the Bridge what the plugin must know about the node.
namespace kvs::ovsdb {

inline constexpr std::string_view kContainerKey = "kvs.container";
inline constexpr std::string_view kIfnameKey = "kvs.ifname";
inline constexpr std::string_view kNetnsKey = "kvs.netns";
inline constexpr std::string_view kPodKey = "kvs.pod";
inline constexpr std::string_view kPodUidKey = "kvs.pod-uid";
inline constexpr std::string_view kIpsKey = "kvs.ips";
// "kvs.ip/ADDRESS": "yes" for each address, so that the database can tell whether one is any pod's.
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
  NamespacedName pod;     // empty: the runtime did not say
  std::string pod_uid;    // or ""
  std::string network;    // the CNI network's name, or "" where an earlier build did not say
  std::vector<Ip> ips;
  Mac mac;
  Ipam ipam = Ipam::kOwn;

  // Whether an Interface with these external_ids is one of ours.
  static bool IsIn(const StringMap& external_ids);
  StringMap ToExternalIds() const;
  // What an Interface has of which this address is one of its pod's.
  static StringMap IdOf(const Ip& ip);
  // The ids of `external_ids`' addresses that it lacks, as plugins of other builds leave it; empty
  // too if it can't be read.
  static StringMap MissingIds(const StringMap& external_ids);
  // The error names the key that is missing or wrong.
  static Result<Attachment> FromExternalIds(const StringMap& external_ids);

  // The link alias (IFLA_IFALIAS) of the veth's host end, from which an attachment can be rebuilt
  // when OVSDB is lost: "kvs1 CONTAINER/IFNAME MAC IPS NAMESPACE/NAME net=NETWORK". At most 255
  // bytes: from the pod on, what does not fit is left out (names have up to 63 and 253 letters),
  // and an error if even so it is too long. netns, pod_uid and ipam are not in it.
  Result<std::string> ToAlias() const;
  // What is left out is in alternative names of the link (IFLA_ALT_IFNAME, 127 bytes each):
  // "LINK+0+NAMESPACE+NA", "LINK+1+ME+", "LINK+net+NETWORK". A network that is too long for one is
  // nowhere.
  std::vector<std::string> ToAltNames(std::string_view link) const;
  // `alias`, and after it what is only in the names; as long as that makes it.
  static std::string WholeAlias(const std::string& alias, std::string_view link,
                                const std::vector<std::string>& alt_names);
  // Words KEY=VALUE of keys that it does not know are a later build's, and skipped.
  static Result<Attachment> FromAlias(std::string_view alias);
  // Whether it is from an alias: its pod lives on, and had its port before. (The plugin's has a
  // netns always.)
  bool restored() const { return netns.empty(); }

  friend bool operator==(const Attachment&, const Attachment&) = default;
};

// What the agent made of an attachment.
struct AttachmentStatus {
  std::optional<uint64_t> realized;  // revision whose flows the switch has confirmed
  std::string error;                 // why it cannot be realized; "" if that is not so

  StringMap ToExternalIds() const;
  static AttachmentStatus FromExternalIds(const StringMap& external_ids);

  friend bool operator==(const AttachmentStatus&, const AttachmentStatus&) = default;
};

// What the agent says about its node, on the Bridge.
struct BridgeFacts {
  enum class Datapath { kNetdev, kSystem };

  std::string node;
  std::vector<Prefix> pod_ranges;  // at most one per family
  int mtu = 0;                     // of pods, bytes
  Datapath datapath = Datapath::kSystem;
  bool agent_ready = false;  // it can realize pods
  std::string mark_layouts;  // the agents' record (pipeline/mark_layout.h)

  // Without kAgentKey if the agent is not ready: remove that key then.
  StringMap ToExternalIds() const;
  static Result<BridgeFacts> FromExternalIds(const StringMap& external_ids);

  friend bool operator==(const BridgeFacts&, const BridgeFacts&) = default;
};

}  // namespace kvs::ovsdb
