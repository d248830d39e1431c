#pragma once

#include "cli/inspect/trace.h"
#include "lab/cluster/lab.h"

// Names of packets' ends in a lab.
namespace kvs::cli {

// For a lab, which must outlive the result: names that Lab::Find accepts, a pod's address, and
// node/NAME.
FindEnd EndsOfLab(const lab::Lab& lab);
// The lab's agents, by their sockets.
AgentTransport AgentsOf(const lab::Lab& lab);

}  // namespace kvs::cli
