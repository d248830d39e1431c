#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <vector>

#include "base/net.h"
#include "base/result.h"
#include "cli/agents/kubectl.h"

namespace kvs::cli {

// A node of the cluster, and the pod of our agent on it.
struct ClusterNode {
  std::string name;
  std::string agent;       // name of the pod, in kube-system; empty: none
  std::string waits;       // why its program doesn't run: "CrashLoopBackOff"; empty: it does
  bool ready = false;      // the Node's condition Ready
  bool networked = false;  // our controller has set the network's condition
  std::vector<Ip> ips;     // InternalIPs
  uint16_t kubelet_port = 10250;
};

// The items of the list that kubectl returns as JSON.
Result<boost::json::array> Items(const Kubectl& kubectl, const std::vector<std::string>& arguments);

// The InternalIPs of a Node.
std::vector<Ip> InternalIps(const boost::json::value& node);

// All nodes that run Linux, by name.
Result<std::vector<ClusterNode>> FindNodes(const Kubectl& kubectl);

// Removes our controller's condition NetworkUnavailable from the Nodes: a Node with status True
// gets no pods, whichever network is installed next. Returns the Nodes' names.
Result<std::vector<std::string>> ClearNetworkConditions(const Kubectl& kubectl);

}  // namespace kvs::cli
