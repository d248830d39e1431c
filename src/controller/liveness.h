#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>

#include "controller/plan.h"

// Whether the agents run, by their pods and Nodes: an agent that is gone can't report that itself,
// and a heartbeat every minute would cost a write each time.
namespace kvs::controller {

using Time = std::chrono::milliseconds;  // since an arbitrary start

// How long something must be away until that is reported.
struct Timeouts {
  Time agent{60000};     // by VSwitchConfig's condition Ready
  Time network{300000};  // by the Node's condition NetworkUnavailable
};

// Since when agents and Nodes have not been Ready, by node, as this process observed it: clocks
// need not agree, and a new leader waits for the whole time again.
struct Downtime {
  bool as_pods = false;  // agents run as pods here, as one has been seen
  std::map<std::string, Time> agents, nodes;
  std::map<std::string, kube::Condition> reported;  // the Ready conditions that we wrote
};
// The present one. While the API server is not fully readable, nothing counts as down: the known
// objects may be old.
Downtime Since(const Facts& facts, Downtime before, Time now);

// What must be written; conditions that exist already are left out.
struct LivenessChanges {
  std::map<std::string, kube::Condition> ready;  // of VSwitchConfigs, by node: Unknown
  std::set<std::string> network_gone;            // Nodes that must become NetworkUnavailable
};

//  * Ready becomes Unknown when no pod of the agent has been Ready for timeouts.agent. The reason
//    is why its container does not run ("ErrImagePull", "OOMKilled"), "NodeUnreachable" if the
//    Node's Ready is Unknown, "NoAgent" if there is no pod, else "AgentNotReady".
//  * It is written once: an agent that writes its own status afterwards is running, whatever its
//    pod shows; so is an agent whose container runs on a Ready Node and that reports itself not
//    Ready. It is written again when the node is lost, or is back without its agent.
//  * A Node loses its network when Ready is Unknown and both its agent's pod and itself have not
//    been Ready for timeouts.network; only if we reported a network before, and for at most a third
//    of all Nodes at once.
//  * Nothing is written where no pod of an agent has been seen: agents don't run as pods there.
LivenessChanges FindLivenessChanges(const Facts& facts, const Downtime& down, Time now,
                                    std::time_t clock, const Timeouts& timeouts = {});

}  // namespace kvs::controller
