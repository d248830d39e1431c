#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/agents/agent_client.h"
#include "cli/agents/kubectl.h"

namespace CLI {
class App;
}

namespace kvs::cli {

// The agents of a command, by its flags; empty: not given.
struct AgentOptions {
  std::string socket;               // an agent's Unix socket
  std::string lab, lab_node;        // the agents of a lab, or the one of a node of it
  std::string node;                 // of a cluster, this one only
  std::string kubeconfig, context;  // as kubectl's
};

// Adds the same flags to every command; `where` must live as long as `command`.
void AddAgentFlags(CLI::App& command, AgentOptions& where);

// The agents that a command asks, and how to reach them. `kvs` runs on an administrator's machine,
// on a node and in an agent's pod, with the same commands and the same output:
//   --socket, --lab-node   that agent
//   --lab                  all agents of the lab
//   --kubeconfig, --context, --node, or this machine has no agent's socket
//                          the agents of all Linux nodes of a cluster, or of one: kubectl runs
//                          `kvs ask` in their pods, so RBAC decides, and no port is open
//   else                   the agent of this node
// May be asked from several threads at once.
class Agents {
 public:
  // How many agents to ask at the same time: each takes a process of kubectl for about a third of a
  // second.
  static constexpr size_t kAtOnce = 16;

  // An Error if there is no agent to ask: no cluster, lab, or node of this name, or no agent behind
  // the socket.
  static Result<Agents> Find(const AgentOptions& where);
  // Those of the cluster, whatever is on this machine. `node` "": all of them.
  static Result<Agents> OfCluster(const Kubectl& kubectl, const std::string& node = "");

  // Names, sorted; includes nodes without an agent.
  const std::vector<std::string>& nodes() const { return nodes_; }
  // kubectl for this cluster; null if the agents are reached by their sockets.
  const Kubectl* kubectl() const { return kubectl_ ? &*kubectl_ : nullptr; }
  // Whether these are all agents of a cluster or lab, and not a single one.
  bool all() const { return all_; }
  // Whether any node has an agent, even if it doesn't answer.
  bool any() const;

  // The pod of a node's agent, in kube-system; empty: unknown.
  std::string PodOf(const std::string& node) const;

  // Asks the agent of a node; for a name that is not in nodes() the Error says so. An Error if
  // there is no answer, with the remedy, but without the node's name. Its code is EACCES if RBAC
  // refuses `kubectl exec` in the agents' pods; from then on no agent is tried.
  Result<Answer> Ask(const std::string& node, const std::string& path,
                     const std::string& method = "GET") const;
  // Asks all agents, kAtOnce at the same time.
  std::map<std::string, Result<Answer>> AskAll(const std::string& path,
                                               const std::string& method = "GET") const;

 private:
  struct Transport {
    std::string socket;      // or
    std::string pod, waits;  // as of ClusterNode
  };

  void Add(const std::string& node, Transport way);
  Result<Answer> AskPod(const Transport& way, const std::string& path,
                        const std::string& method) const;

  bool all_ = false;
  std::shared_ptr<std::atomic<bool>> forbidden_ = std::make_shared<std::atomic<bool>>(false);
  std::optional<Kubectl> kubectl_;
  std::vector<std::string> nodes_;
  std::map<std::string, Transport> ways_;
};

}  // namespace kvs::cli
