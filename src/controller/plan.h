#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/problem.h"
#include "controller/reasons.h"
#include "controller/settings.h"
#include "kube/object/objects.h"

namespace kvs::controller {

// The controller's inputs.
struct Facts {
  std::map<std::string, kube::Node> nodes;              // by name
  std::map<std::string, kube::VSwitchConfig> existing;  // by name
  std::map<std::string, kube::Pod> pods;                // by key; the agents' are among them
  const kube::ConfigMap* config_map = nullptr;          // kube-system/k-vswitch; null: none
  std::vector<Problem> problems;                        // the source's
  std::vector<Ip> api_servers;                          // their addresses
  Flags flags;
  std::string now;  // RFC 3339, for conditions that change
};

// Size of the nodes' ranges that the controller allocates from the cluster's: the default of
// kube-controller-manager.
inline constexpr int kNodeBits4 = 24, kNodeBits6 = 64;
inline constexpr char kOverlayIpAnnotation[] = "kvswitch.io/overlay-ip";

// The configuration of every node, by name: the spec, and the condition "Accepted". Pure and
// deterministic; applied repeatedly to its own result, it becomes stable within a few rounds.
//
//  * Pod ranges are Node.spec.podCIDRs. A node without them keeps the ranges in its configuration,
//    or gets the lowest free range of each of the cluster's ranges.
//  * Overlay addresses are the Node's annotation, else the first InternalIP of each family.
//  * If two nodes request the same range or address, the one that has it in its configuration gets
//    it, else the first by name. The other keeps its previous one, and its condition says why. The
//    same applies to a range outside the cluster's, and to an unreadable value.
//  * Refused are pod ranges that are unusable for pods (base/usable.h), have no room for a pod,
//    contain an address of a Node or of the API server, or overlap the Services'; and overlay
//    addresses that can't be sent to, or that are a pod's or a Service's. A range or overlay
//    address in use is kept when an address or a setting that conflicts with it is added: then the
//    addition is refused or reported (settings.h).
//  * A configuration is owned by its Node, by UID.
//  * The range of a configuration whose node is gone is not allocated again until that is deleted.
//
// The reasons of a condition that is False are in reasons.h; its message names object, field and
// remedy.
std::map<std::string, kube::VSwitchConfig> Plan(const Facts& facts);

}  // namespace kvs::controller
