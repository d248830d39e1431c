#include "cli/agents/cluster_nodes.h"

#include <boost/json.hpp>
#include <map>

#include "cli/terminal/json_at.h"
#include "kube/codec/json.h"
#include "kube/object/agent_pods.h"

namespace kvs::cli {
namespace {

namespace json = boost::json;

// The index of our controller's condition among the Node's conditions; -1: it has none.
int OurCondition(const json::value& node) {
  const json::array& conditions = ListAt(node, "/status/conditions");
  for (size_t i = 0; i < conditions.size(); ++i) {
    if (TextAt(conditions[i], "/type") == "NetworkUnavailable" &&
        TextAt(conditions[i], "/reason").starts_with("KVSwitch"))
      return static_cast<int>(i);
  }
  return -1;
}

ClusterNode ToNode(const json::value& object) {
  ClusterNode node{.name = TextAt(object, "/metadata/name")};
  for (const json::value& condition : ListAt(object, "/status/conditions"))
    if (TextAt(condition, "/type") == "Ready") node.ready = TextAt(condition, "/status") == "True";
  node.networked = OurCondition(object) >= 0;
  node.ips = InternalIps(object);
  if (const auto port = NumberAt(object, "/status/daemonEndpoints/kubeletEndpoint/Port"); port > 0)
    node.kubelet_port = static_cast<uint16_t>(port);
  return node;
}

// Why the pod's containers don't run; empty: they run.
std::string WhyNotRunning(const json::value& pod) {
  const kube::Decoded decoded = kube::Decode(kube::Kind::kPod, pod);
  if (decoded.object)
    if (const auto& waits = std::get<kube::Pod>(*decoded.object).waits; !waits.empty())
      return waits;
  const std::string phase = TextAt(pod, "/status/phase");
  return phase == "Running" ? "" : phase;
}

}  // namespace

Result<json::array> Items(const Kubectl& kubectl, const std::vector<std::string>& arguments) {
  const auto list = kubectl.Ask(arguments);
  if (!list) return tl::unexpected<Error>(list.error());
  const auto value = ParseObject(*list, "kubectl " + arguments[0]);
  if (!value) return tl::unexpected<Error>(value.error());
  return ListAt(*value, "/items");
}

std::vector<Ip> InternalIps(const json::value& node) {
  json::array internal;
  for (const json::value& address : ListAt(node, "/status/addresses"))
    if (TextAt(address, "/type") == "InternalIP") internal.push_back(address);
  return IpsIn(internal, "/address");
}

Result<std::vector<ClusterNode>> FindNodes(const Kubectl& kubectl) {
  const auto nodes = Items(kubectl, {"get", "nodes", "-o", "json"});
  if (!nodes) return tl::unexpected<Error>(nodes.error());
  const auto pods = Items(kubectl, {"get", "pods", "-n", kube::kAgentNamespace, "-l",
                                    kube::AgentSelector(), "-o", "json"});
  if (!pods) return tl::unexpected<Error>(pods.error());
  std::map<std::string, ClusterNode> found;
  for (const json::value& node : *nodes) {
    const std::string system = TextAt(node, "/metadata/labels/kubernetes.io~1os");
    if (system.empty() || system == "linux") found[TextAt(node, "/metadata/name")] = ToNode(node);
  }
  for (const json::value& pod : *pods) {
    const auto node = found.find(TextAt(pod, "/spec/nodeName"));
    if (node == found.end()) continue;
    const std::string waits = WhyNotRunning(pod);
    // While an agent is replaced there are two pods.
    if (!node->second.agent.empty() && !waits.empty()) continue;
    node->second.agent = TextAt(pod, "/metadata/name");
    node->second.waits = waits;
  }
  std::vector<ClusterNode> all;
  all.reserve(found.size());
  for (auto& [name, node] : found) all.push_back(std::move(node));
  return all;
}

Result<std::vector<std::string>> ClearNetworkConditions(const Kubectl& kubectl) {
  const auto nodes = Items(kubectl, {"get", "nodes", "-o", "json"});
  if (!nodes) return tl::unexpected<Error>(nodes.error());
  std::vector<std::string> cleared;
  for (const json::value& node : *nodes) {
    const int place = OurCondition(node);
    if (place < 0) continue;
    const std::string name = TextAt(node, "/metadata/name");
    const std::string path = fmt::format("/status/conditions/{}", place);
    const json::array patch = {
        json::object{{"op", "test"}, {"path", path + "/type"}, {"value", "NetworkUnavailable"}},
        json::object{{"op", "remove"}, {"path", path}}};
    const auto done = kubectl.Ask({"patch", "node", name, "--subresource=status", "--type=json",
                                   "-p", json::serialize(patch)});
    if (!done) return tl::unexpected<Error>(done.error());
    cleared.push_back(name);
  }
  return cleared;
}

}  // namespace kvs::cli
