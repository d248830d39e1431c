#include "cli/agents/agents.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <mutex>

#include "base/file.h"
#include "base/version.h"
#include "cli/agents/cluster_nodes.h"
#include "cli/declared/flags.h"
#include "cli/terminal/exit_code.h"
#include "cli/terminal/json_at.h"
#include "exec/parallel.h"
#include "lab/cluster/lab.h"

namespace kvs::cli {
namespace {

// Uninstalling takes an agent the longest time.
constexpr auto kPodTimeout = std::chrono::seconds(60);

// Why kubectl or kvs failed, as one sentence: the first line without "error: ". The pod is not
// named, because many nodes have the same reason.
std::string Why(const Kubectl::Answer& answer, const std::string& pod) {
  std::string said = answer.Complaint();
  said.resize(std::min(said.find('\n'), said.size()));
  if (said.starts_with("error: ")) said.erase(0, 7);
  for (size_t at = said.find(pod); at != std::string::npos; at = said.find(pod, at))
    said.replace(at, pod.size(), "POD");
  return said;
}

// The API server's message when RBAC does not allow running a program in a pod.
bool IsForbidden(const Kubectl::Answer& answer) {
  const std::string said = answer.Complaint();
  return answer.exit_code != 0 && said.find("pods/exec") != std::string::npos &&
         said.find("orbidden") != std::string::npos;
}

tl::unexpected<Error> NeedsExec() {
  return tl::unexpected<Error>(
      Error{"needs permission pods/exec in kube-system: kvs asks an agent by kubectl exec in its "
            "pod (docs/operate.md, Permissions)",
            EACCES});
}

// The node of the agent that listens on the socket.
Result<std::string> NodeBehind(const std::string& socket) {
  const auto answer = AskAgent(socket, "/v1/status");
  if (!answer) return tl::unexpected<Error>(answer.error());
  const auto status = ParseObject(answer->body, "the agent");
  if (!status) return tl::unexpected<Error>(status.error());
  return TextAt(*status, "/node");
}

}  // namespace

void AddAgentFlags(CLI::App& command, AgentOptions& where) {
  auto* socket = command.add_option("--socket", where.socket, "ask the agent on this Unix socket")
                     ->envname("KVS_SOCKET");
  auto* lab = command.add_option("--lab", where.lab, "ask the agents of this lab");
  auto* lab_node = command.add_option("--lab-node", where.lab_node,
                                      "ask the agent of this node of the lab (default lab: lab)");
  auto* node = command.add_option("--node", where.node, "ask only this node of the cluster");
  auto clusters = AddKubectlFlags(command, where.kubeconfig, where.context);
  clusters.push_back(node);
  for (auto* one : clusters) one->excludes(socket, lab, lab_node);
  for (auto* ours : {lab, lab_node}) ours->excludes(socket);
}

Result<Agents> Agents::Find(const AgentOptions& where) {
  Agents agents;
  if (!where.lab.empty() || !where.lab_node.empty()) {
    agents.all_ = where.lab_node.empty();
    const auto lab = lab::Lab::Join(where.lab.empty() ? "lab" : where.lab);
    if (!lab) return tl::unexpected<Error>(lab.error());
    for (const auto& [name, node] : (*lab)->nodes())
      if (where.lab_node.empty() || where.lab_node == name)
        agents.Add(name, {.socket = node->agent_socket()});
    if (agents.nodes_.empty())
      return Fail("node {}: not in lab {}", where.lab_node, (*lab)->state().name());
    return agents;
  }
  const bool here = where.kubeconfig.empty() && where.context.empty() && where.node.empty() &&
                    Exists(kAgentSocket);
  const std::string socket = where.socket.empty() && here ? kAgentSocket : where.socket;
  if (socket.empty()) return OfCluster(Kubectl(where.kubeconfig, where.context), where.node);
  const auto name = NodeBehind(socket);
  if (!name) return tl::unexpected<Error>(name.error());
  agents.Add(*name, {.socket = socket});
  return agents;
}

Result<Agents> Agents::OfCluster(const Kubectl& kubectl, const std::string& node) {
  const auto found = FindNodes(kubectl);
  if (!found) return tl::unexpected<Error>(found.error());
  Agents agents;
  agents.all_ = node.empty();
  agents.kubectl_ = kubectl;
  for (const ClusterNode& one : *found)
    if (node.empty() || one.name == node)
      agents.Add(one.name, {.pod = one.agent, .waits = one.waits});
  if (!node.empty() && agents.nodes_.empty())
    return Fail("node {}: none of the cluster's Linux nodes; see: kubectl get nodes", node);
  return agents;
}

bool Agents::any() const {
  return std::ranges::any_of(
      ways_, [](const auto& way) { return !way.second.socket.empty() || !way.second.pod.empty(); });
}

std::string Agents::PodOf(const std::string& node) const {
  const auto way = ways_.find(node);
  return way == ways_.end() ? "" : way->second.pod;
}

void Agents::Add(const std::string& node, Transport way) {
  nodes_.push_back(node);
  ways_[node] = std::move(way);
}

Result<Answer> Agents::Ask(const std::string& node, const std::string& path,
                           const std::string& method) const {
  const auto way = ways_.find(node);
  if (way == ways_.end()) return Fail("its agent is not among those that are asked");
  if (!way->second.socket.empty()) return AskAgent(way->second.socket, path, method);
  return AskPod(way->second, path, method);
}

Result<Answer> Agents::AskPod(const Transport& way, const std::string& path,
                              const std::string& method) const {
  if (way.pod.empty())
    return Fail("no agent runs on it; see: kubectl -n kube-system describe daemonset k-vswitchd");
  if (!way.waits.empty())
    return Fail("its agent does not run ({}); see: kubectl -n kube-system describe pod {}",
                way.waits, way.pod);
  if (*forbidden_) return NeedsExec();
  const auto said = kubectl_->Run({"exec", way.pod, "-n", "kube-system", "-c", "k-vswitchd", "--",
                                   "kvs", "ask", "--method", method, path},
                                  kPodTimeout, "", kMostAnswer);
  if (!said) return Wrap("its agent does not answer", said.error());
  if (IsForbidden(*said)) {
    *forbidden_ = true;
    return NeedsExec();
  }
  if (said->exit_code == kUsage)
    return Fail(
        "kvs in its agent's pod {} does not understand this kvs, of version {}; use that "
        "of the agents' version",
        way.pod, kVersion);
  if (said->out.empty())
    return Fail("its agent does not answer: {}; see: kubectl -n kube-system describe pod {}",
                Why(*said, way.pod), way.pod);
  return Answer::FromWire(said->out);
}

std::map<std::string, Result<Answer>> Agents::AskAll(const std::string& path,
                                                     const std::string& method) const {
  std::map<std::string, Result<Answer>> answers;
  std::mutex mutex;  // guards `answers`
  // Failures are among the answers.
  static_cast<void>(exec::ForEachAtOnce(
      nodes_,
      [&](const std::string& node) -> Result<> {
        auto answer = Ask(node, path, method);
        const std::lock_guard lock(mutex);
        answers.emplace(node, std::move(answer));
        return {};
      },
      kAtOnce));
  return answers;
}

}  // namespace kvs::cli
