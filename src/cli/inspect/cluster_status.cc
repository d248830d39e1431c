#include "cli/inspect/cluster_status.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <ctime>
#include <map>
#include <set>

#include "cli/agents/cluster_nodes.h"
#include "cli/inspect/config_status.h"
#include "cli/inspect/services.h"
#include "cli/terminal/json_at.h"
#include "kube/object/time.h"

namespace kvs::cli {
namespace {

namespace json = boost::json;

constexpr char kInstall[] = "kubectl apply -f k-vswitch.yaml";
constexpr int64_t kClocks = 30;  // seconds that this clock and the controller's may differ

// The holder of the lease; empty: there is none, or the lease has expired.
std::string LeaderOf(const json::value& lease) {
  std::string holder = TextAt(lease, "/spec/holderIdentity");
  const auto renewed = kube::ParseTime(TextAt(lease, "/spec/renewTime"));
  if (!renewed) return holder;
  const int64_t end = renewed->seconds + NumberAt(lease, "/spec/leaseDurationSeconds") + kClocks;
  return std::time(nullptr) < end ? holder : "";
}

// If our objects were deleted, the network still exists, with the running pods.
std::string WhyNoAgents(const Kubectl& kubectl) {
  const auto nodes = FindNodes(kubectl);
  const auto networked = nodes ? std::ranges::count(*nodes, true, &ClusterNode::networked) : 0;
  if (networked == 0)
    return fmt::format("k-vswitch is not installed in this cluster: {}", kInstall);
  return fmt::format(
      "deleted, but {} of {} nodes still have its network: running pods keep it, new pods get "
      "none; to go on: {}; to remove it from the nodes, after that: kvs uninstall",
      networked, nodes->size(), kInstall);
}

// Replaces kubectl's message if the remedy is known.
std::string WhyNoConfigs(const std::string& said) {
  return said.find("the server doesn't have a resource type") == std::string::npos
             ? said
             : fmt::format("the VSwitchConfig CRD is not installed: {}", kInstall);
}

// Examines the cluster, and writes the results to `status`.
class Examination {
 public:
  Examination(const Agents& agents, json::object& status) : agents_(agents), status_(status) {}

  void Run() {
    if (agents_.kubectl() != nullptr && !ExamineInstallation()) return;
    if (agents_.kubectl() != nullptr) ReadConfigs();
    ExamineNodes();
    if (agents_.kubectl() == nullptr) return;
    ExamineConfigs();
    ExamineServices();
  }
  json::array TakeProblems() { return std::move(problems_); }

 private:
  void Add(const std::string& node, const std::string& object, std::string_view field,
           const std::string& message) {
    json::object problem = {
        {"node", node}, {"object", object}, {"field", field}, {"message", message}};
    // Agents report some of the API server's problems too.
    if (printed_.insert(json::serialize(problem)).second) problems_.push_back(std::move(problem));
  }

  // False if nothing is installed, so that there is no agent to ask.
  bool ExamineInstallation() {
    const Kubectl& kubectl = *agents_.kubectl();
    const auto version = kubectl.Ask({"version", "-o", "json"});
    const auto versions = version ? ParseObject(*version, "kubectl") : json::value();
    status_["kubernetes"] = versions ? TextAt(*versions, "/serverVersion/gitVersion") : "";
    const auto list = kubectl.Ask({"get", "daemonset/k-vswitchd", "deployment/k-vswitch-controller",
                                   "lease/k-vswitch-controller", "-n", "kube-system",
                                   "--ignore-not-found", "-o", "json"});
    if (!list) {
      Add("", "kube-system", "k-vswitch", list.error().message);
      return true;
    }
    const auto objects =
        list->empty() ? json::value(json::object()) : ParseObject(*list, "kubectl get");
    if (!objects) Add("", "kube-system", "k-vswitch", objects.error().message);
    return !objects || ExamineObjects(*objects);
  }

  bool ExamineObjects(const json::value& list) {
    std::map<std::string, const json::value*> objects;
    for (const json::value& object : ListAt(list, "/items"))
      objects[TextAt(object, "/kind")] = &object;
    if (!objects.contains("DaemonSet") && !agents_.any()) {
      Add("", "DaemonSet/k-vswitchd", "metadata", WhyNoAgents(*agents_.kubectl()));
      return false;
    }
    if (!objects.contains("DaemonSet"))
      Add("", "DaemonSet/k-vswitchd", "metadata",
          fmt::format("missing, so agents are not replaced: {}", kInstall));
    const auto controller = objects.find("Deployment");
    if (controller == objects.end())
      Add("", kController, "metadata", fmt::format("missing: {}", kInstall));
    else
      ExamineController(*controller->second,
                        objects.contains("Lease") ? *objects["Lease"] : json::value());
    return true;
  }

  void ExamineController(const json::value& set, const json::value& lease) {
    const int64_t ready = NumberAt(set, "/status/readyReplicas");
    const int64_t wanted = NumberAt(set, "/spec/replicas");
    const std::string leader = LeaderOf(lease);
    status_["controller"] = {{"ready", ready}, {"wanted", wanted}, {"leader", leader}};
    if (ready < wanted || ready == 0)
      Add("", kController, "status.readyReplicas",
          fmt::format("{} of {} ready, so new nodes and changes of settings may wait; see: kubectl "
                      "-n kube-system describe pods -l app.kubernetes.io/component=controller",
                      ready, wanted));
    else if (leader.empty())
      Add("", "Lease/k-vswitch-controller", "spec.holderIdentity",
          "no controller leads, or this machine's clock is wrong; see: kubectl -n kube-system logs "
          "deployment/k-vswitch-controller");
  }

  // An agent's answer, or, without permission to ask, its status in the API.
  Result<json::value> SaidOf(const std::string& node, const Result<Answer>& answer) {
    if (answer) return ParseObject(answer->body, "its agent");
    const auto config = configs_.find(node);
    if (answer.error().code != EACCES || config == configs_.end())
      return tl::unexpected(answer.error());
    status_["note"] =
        "from the VSwitchConfigs, where an agent writes when something changes; to ask the agents, "
        "kvs needs permission pods/exec in kube-system";
    return StatusOfConfig(config->second);
  }

  void ExamineNodes() {
    int64_t ready = 0, pods = 0;
    json::object nodes;
    for (const auto& [node, answer] : agents_.AskAll("/v1/status")) {
      const auto said = SaidOf(node, answer);
      nodes[node] = said ? *said : json::value();
      if (!said) {
        Add(node, "k-vswitchd", "pod", said.error().message);
        continue;
      }
      if (answer && answering_.empty()) answering_ = node;
      ready += TextAt(*said, "/ready") == "true" ? 1 : 0;
      pods += NumberAt(*said, "/pods");
      if (ListAt(*said, "/problems").empty() && TextAt(*said, "/ready") != "true")
        Add(node, "k-vswitchd", "ready", "starting");
    }
    PrintProblems(nodes);
    status_["agents"] = {{"ready", ready},
                         {"wanted", static_cast<int64_t>(agents_.nodes().size())}};
    status_["pods"] = pods;
    status_["nodes"] = std::move(nodes);
  }

  // A problem of a peer that several nodes report is the peer's.
  void PrintProblems(const json::object& nodes) {
    std::map<std::string, int> sayers;
    for (const auto& [node, said] : nodes)
      for (const json::value& problem : ListAt(said, "/problems"))
        ++sayers[json::serialize(problem)];
    for (const auto& [node, said] : nodes)
      for (const json::value& problem : ListAt(said, "/problems")) {
        const std::string object = TextAt(problem, "/object");
        const std::string peer = object.substr(object.find('/') + 1);
        const bool of_peer = object == "VSwitchConfig/" + peer && nodes.contains(peer) &&
                             sayers[json::serialize(problem)] > 1;
        Add(of_peer ? peer : std::string(node), object, TextAt(problem, "/field"),
            TextAt(problem, "/message"));
      }
  }

  void ExamineServices() {
    if (answering_.empty()) return;
    const std::string why =
        WhyNoServices(*agents_.kubectl(), answering_, agents_.PodOf(answering_));
    if (!why.empty()) Add("", "Services", "kube-proxy", why);
  }

  void ReadConfigs() {
    const auto list =
        Items(*agents_.kubectl(), {"get", "vswitchconfigs.kvswitch.io", "-o", "json"});
    if (!list) return Add("", "VSwitchConfig", "metadata", WhyNoConfigs(list.error().message));
    for (const json::value& config : *list) configs_[TextAt(config, "/metadata/name")] = config;
  }

  void ExamineConfigs() {
    for (const std::string& node : agents_.nodes()) {
      const auto config = configs_.find(node);
      if (config == configs_.end()) continue;
      for (const json::value& condition : ListAt(config->second, "/status/conditions"))
        if (TextAt(condition, "/type") == "Accepted" && TextAt(condition, "/status") == "False")
          Add(node, "VSwitchConfig/" + node, "status.conditions[Accepted]",
              TextAt(condition, "/message"));
    }
  }

  static constexpr char kController[] = "Deployment/k-vswitch-controller";

  const Agents& agents_;
  json::object& status_;
  json::array problems_;
  std::map<std::string, json::value> configs_;  // by node
  std::set<std::string> printed_;               // all of `problems_`
  std::string answering_;                       // a node whose agent does
};

}  // namespace

json::value StatusOf(const Agents& agents) {
  json::object status = {{"ok", false}};
  Examination examination(agents, status);
  examination.Run();
  json::array problems = examination.TakeProblems();
  status["ok"] = problems.empty();
  status["problems"] = std::move(problems);
  return status;
}

}  // namespace kvs::cli
