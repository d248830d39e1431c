#pragma once

#include "cli/agents/agents.h"
#include "cli/agents/kubectl.h"
#include "cli/inspect/trace.h"

// Resolves the names of a packet's ends. A kUsage failure if it does not exist; kUnreachable if
// there is no answer.
namespace kvs::cli {

// In a cluster: NAMESPACE/POD, or POD of namespace `ns`; a pod's address; svc/NAMESPACE/NAME or the
// Service's name in the cluster's DNS (NAME.NAMESPACE.svc...); node/NAME; else a name with a dot
// that DNS on this machine resolves. A pod on the host's network is its node.
FindEnd EndsOfCluster(const Kubectl& kubectl, const std::string& ns);
// With agents that are reached without a cluster: NAMESPACE/POD and addresses of their pods,
// node/NAME without addresses, and names that DNS on this machine resolves.
FindEnd EndsOfAgents(const Agents& agents);

}  // namespace kvs::cli
