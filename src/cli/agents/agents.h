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

// Which agents a command is about, as the flags say; empty: not given.
struct AgentOptions {
  std::string socket;               // an agent's Unix socket
  std::string lab, lab_node;        // the agents of a lab, or the one of a node of it
  std::string node;                 // of a cluster, this one only
  std::string kubeconfig, context;  // as kubectl's
};

// The same flags for every command; `where` must live as long as `command`.
void AddAgentFlags(CLI::App& command, AgentOptions& where);

// The agents that a command is about, and the way to each. `kvs` runs on an administrator's
// machine, on a node and in an agent's pod, with the same commands and the same output:
//   --socket, --lab-node   that agent
//   --lab                  all agents of the lab
//   --kubeconfig, --context, --node, or no agent's socket is here
//                          the agents of all Linux nodes of a cluster, or of one: kubectl runs
//                          `kvs ask` in their pods, so RBAC decides, and no port is open
//   else                   the agent of this node
// May be asked from several threads at once.
class Agents {
 public:
  // How many to ask at once: each is a process of kubectl's for about a third of a second.
  static constexpr size_t kAtOnce = 16;

  // An Error if there is nobody to ask: no cluster, lab, node of this name, or agent behind the
  // socket.
  static Result<Agents> Find(const AgentOptions& where);
  // The cluster's, whatever is here. `node` "": all of it.
  static Result<Agents> OfCluster(const Kubectl& kubectl, const std::string& node = "");

  // Names, in order; also of nodes without an agent.
  const std::vector<std::string>& nodes() const { return nodes_; }
  // The way to the cluster; null if the agents are reached by their sockets.
  const Kubectl* kubectl() const { return kubectl_ ? &*kubectl_ : nullptr; }
  // Whether they are all of a cluster or lab, and not one that was named or is here.
  bool all() const { return all_; }
  // Whether any node has an agent, be it one that doesn't answer.
  bool any() const;

  // The pod of a node's agent, in kube-system; empty: none is known.
  std::string PodOf(const std::string& node) const;

  // Asks the agent of one of nodes(), or of any other name: that one isn't there. An Error if it
  // doesn't answer, with the remedy, but without the node's name. Of code EACCES if RBAC refuses
  // `kubectl exec` in the agents' pods; from then on none is tried.
  Result<Answer> Ask(const std::string& node, const std::string& path,
                     const std::string& method = "GET") const;
  // Asks all of them, kAtOnce at once.
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
