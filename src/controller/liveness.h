#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>

#include "controller/plan.h"

// Whether the agents are there, from their pods and Nodes: an agent that is gone can't say so, and
// one that says every minute that it is there would cost a write each time.
namespace kvs::controller {

using Time = std::chrono::milliseconds;  // since an arbitrary start

// How long something must be away until that is told.
struct Timeouts {
  Time agent{60000};     // by VSwitchConfig's condition Ready
  Time network{300000};  // by the Node's condition NetworkUnavailable
};

// Since when agents and Nodes have not been Ready, by node, as this process has seen it itself:
// clocks need not agree, and who begins to lead waits anew.
struct Downtime {
  bool as_pods = false;  // agents run as pods here: one has been seen
  std::map<std::string, Time> agents, nodes;
  std::map<std::string, kube::Condition> told;  // what we made Ready of
};
// That of now. While the API server does not tell everything, nothing is down: what is known may be
// old.
Downtime Since(const Facts& facts, Downtime before, Time now);

// What is to be written; nothing of what shows already.
struct Verdict {
  std::map<std::string, kube::Condition> ready;  // of VSwitchConfigs, by node: Unknown
  std::set<std::string> network_gone;            // Nodes that should be NetworkUnavailable for it
};

//  * Ready becomes Unknown when no pod of the agent has been Ready for timeouts.agent, with the
//    reason: what keeps its container from running ("ErrImagePull", "OOMKilled"), "NodeUnreachable"
//    where the node itself is not heard of, "NoAgent" where there is no pod, "AgentNotReady" else.
//  * It is told once: an agent that writes its own status again is there, whatever its pod shows;
//    so is one that runs, on a Node that is Ready, and says itself that it is not Ready. It is told
//    again when the node is lost, or heard of again without its agent.
//  * A Node loses its network when Ready is Unknown, and its agent's pod and itself have both not
//    been Ready for timeouts.network; only where we said before that it has one, and never more
//    than a third of all Nodes at once.
//  * Nobody is judged where no pod of an agent has been seen: agents run in another way there.
Verdict Judge(const Facts& facts, const Downtime& down, Time now, std::time_t clock,
              const Timeouts& timeouts = {});

}  // namespace kvs::controller
