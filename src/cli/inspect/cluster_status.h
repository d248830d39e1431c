#pragma once

#include <boost/json/fwd.hpp>
#include <string>

#include "cli/agents/agents.h"
#include "cli/terminal/output.h"

// Whether all nodes of a cluster, or of a lab, have their network.
namespace kvs::cli {

// Asks every agent and, in a cluster, the API server; missing answers are among the problems.
//   {"ok": bool, "kubernetes": "v1.37.0",
//    "controller": {"ready": 1, "wanted": 1, "leader": "k-vswitch-controller-0" or ""},
//    "agents": {"ready": 3, "wanted": 3}, "pods": 41,
//    "problems": [{"node": "node3" or "", "object", "field", "message"}],
//    "nodes": {"node1": its agent's answer to GET /v1/status (agent/api.h), or null},
//    "note": the source, if it is not the agents}
// `ok` means that there are no problems. Of a lab without "kubernetes" and "controller"; of a
// cluster without k-vswitch without "controller", "agents", "pods" and "nodes". Without permission
// to ask the agents, "nodes" is what they wrote to their VSwitchConfigs (config_status.h).
boost::json::value StatusOf(const Agents& agents);

// The same as text. A problem that several nodes have is one line.
Text ToText(const boost::json::value& status, const Paint& paint);

// The first problem, as one line; empty if there is none.
std::string FirstProblem(const boost::json::value& status);

}  // namespace kvs::cli
