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
  bool networked = false;  // our controller has said something of its network
  std::vector<Ip> ips;     // InternalIPs
  uint16_t kubelet_port = 10250;
};

// The items of the list that kubectl gives as JSON.
Result<boost::json::array> Items(const Kubectl& kubectl, const std::vector<std::string>& arguments);

// Of a Node.
std::vector<Ip> InternalIps(const boost::json::value& node);

// Of all nodes that run Linux, by name.
Result<std::vector<ClusterNode>> FindNodes(const Kubectl& kubectl);

// Takes the condition NetworkUnavailable off the Nodes that have it from our controller: a Node
// that keeps it with status True takes no pod of whichever network comes next. Gives their names.
Result<std::vector<std::string>> ClearNetworkConditions(const Kubectl& kubectl);

}  // namespace kvs::cli
