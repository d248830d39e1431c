#pragma once

#include "cli/inspect/trace.h"
#include "lab/cluster/lab.h"

// What people call the ends of a packet in a lab.
namespace kvs::cli {

// Of a lab, which outlives the result: what Lab::Find finds, a pod's address, and node/NAME.
FindEnd EndsOfLab(const lab::Lab& lab);
// And its agents, by their sockets.
WayToAgents AgentsOf(const lab::Lab& lab);

}  // namespace kvs::cli
