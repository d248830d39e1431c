#pragma once

#include "cli/agents/agents.h"
#include "cli/agents/kubectl.h"
#include "cli/inspect/trace.h"

// What people call the ends of a packet, and where that is. What isn't there is a kUsage failure;
// kUnreachable: nobody can be asked.
namespace kvs::cli {

// Of a cluster: NAMESPACE/POD, or POD of namespace `ns`; a pod's address; svc/NAMESPACE/NAME or the
// Service's name in the cluster's DNS (NAME.NAMESPACE.svc...); node/NAME; and else what DNS on this
// machine resolves, if it has a dot. A pod on the host's network is its node.
FindEnd EndsOfCluster(const Kubectl& kubectl, const std::string& ns);
// Of agents that are reached without a cluster: NAMESPACE/POD and addresses of their pods,
// node/NAME of them, without addresses, and what DNS on this machine resolves.
FindEnd EndsOfAgents(const Agents& agents);

}  // namespace kvs::cli
