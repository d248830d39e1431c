#pragma once

#include <chrono>
#include <compare>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/net.h"
#include "cni/cni_result.h"
#include "cni/env.h"
#include "ovsdb/names.h"

// The network configuration that the runtime writes to the plugin's stdin: the plugin's entry of a
// conflist, with what the runtime added (CNI specification 1.1.0, "Section 1" and "Section 3").
//
//   {"cniVersion": "1.1.0", "name": "k-vswitch", "type": "k-vswitch-cni",
//    "ovsdb": "/run/openvswitch/db.sock", "bridge": "k-vswitch0", "mtu": 1450, "timeout": 10,
//    "ipam": {"type": "host-local", ...}}
//
// Only name and type (and cniVersion) are required. Unknown keys are ignored.
namespace kvs::cni {

struct AttachmentKey {
  std::string container, ifname;

  friend auto operator<=>(const AttachmentKey&, const AttachmentKey&) = default;
};

struct NetConf {
  std::string version;  // cniVersion: one of kSupportedVersions
  std::string name;     // of the network
  std::string ovsdb = "/run/openvswitch/db.sock";
  std::string bridge = ovsdb::kBridgeName;
  std::optional<int> mtu;  // bytes; none (or 0): the agent's
  // "timeout", in seconds: the longest duration of ADD, including the wait for the agent.
  std::chrono::milliseconds timeout{10'000};
  std::string ipam;        // ipam.type, a delegated plugin's name; empty: own allocation
  std::vector<Ip> ips;     // runtimeConfig.ips (capability "ips"), without prefix lengths
  std::optional<Mac> mac;  // runtimeConfig.mac (capability "mac")
  std::string dns;         // a JSON object; empty: none
  std::optional<CniResult> prev_result;
  std::set<AttachmentKey> valid_attachments;  // "cni.dev/valid-attachments", for GC
  // The received text, for delegated plugins; a DEL's with `version`.
  std::string raw;

  // Checks types, values, and what `command` needs. DEL and GC accept configurations that ADD would
  // refuse: only the fields that identify attachments are checked. For DEL an absent or unknown
  // version means the newest. Codes: kIncompatibleVersion (also if the version does not have the
  // command), kUndecodable (not JSON, wrong types), kBadConfig (wrong values); the message names
  // the key.
  static Outcome<NetConf> Decode(Command command, std::string_view text);

  friend bool operator==(const NetConf&, const NetConf&) = default;
};

// The cniVersion of the answer: that of the configuration if it is supported, else the newest.
std::string AnswerVersion(std::string_view text);

}  // namespace kvs::cni
