#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/problem.h"
#include "controller/reasons.h"
#include "controller/settings.h"
#include "kube/object/objects.h"

namespace kvs::controller {

// All that the controller knows.
struct Facts {
  std::map<std::string, kube::Node> nodes;              // by name
  std::map<std::string, kube::VSwitchConfig> existing;  // by name
  std::map<std::string, kube::Pod> pods;                // the agents' among them, by key
  const kube::ConfigMap* config_map = nullptr;          // kube-system/k-vswitch; null: none
  std::vector<Problem> problems;                        // the source's
  std::vector<Ip> api_servers;                          // their addresses
  Flags flags;
  std::string now;  // RFC 3339, for conditions that change
};

// Per-node ranges that we cut from the cluster's: as kube-controller-manager does by default.
inline constexpr int kNodeBits4 = 24, kNodeBits6 = 64;
inline constexpr char kOverlayIpAnnotation[] = "kvswitch.io/overlay-ip";

// The configuration of every node, by name: the spec, and the condition "Accepted". Pure and
// deterministic; applied to its own result it settles within a few rounds.
//
//  * Pod ranges are Node.spec.podCIDRs. A node that has none keeps what its configuration has, or
//    gets the lowest free range of each of the cluster's ranges.
//  * Overlay addresses are the Node's annotation, else the first InternalIP of each family.
//  * A range or address that two nodes want goes to who has it in its configuration, else to the
//    first by name. Who is refused keeps what it had, and its condition says why; so does who wants
//    a range outside the cluster's, or writes what can't be read.
//  * Nobody gets a range that is none for pods (base/usable.h), that has no room for one, that
//    holds an address of a Node or of the API server, or overlaps the Services', nor an overlay
//    address that can't be sent to or is a pod's or a Service's. A range or an overlay address in
//    use stays when another address or a setting comes later: then that is what is refused or
//    reported (settings.h).
//  * A configuration is owned by its Node, by UID.
//  * The range of a configuration whose node is gone is not given away until that is deleted.
//
// The reasons of a condition that is False are in reasons.h; its message names object, field and
// remedy.
std::map<std::string, kube::VSwitchConfig> Plan(const Facts& facts);

}  // namespace kvs::controller
