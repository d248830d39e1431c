#include "cli/cluster_nodes.h"

#include <boost/json.hpp>
#include <map>

namespace kvs::cli {
namespace {

namespace json = boost::json;

// What lies at a path of names, as text; empty if nothing does.
std::string At(const json::value& value, std::initializer_list<std::string_view> path) {
  const json::value* at = &value;
  for (const std::string_view name : path) {
    const auto* fields = at->if_object();
    at = fields ? fields->if_contains(name) : nullptr;
    if (at == nullptr) return "";
  }
  return at->is_string() ? std::string(at->get_string()) : "";
}

Result<json::array> Items(const Kubectl& kubectl, const std::vector<std::string>& arguments) {
  const auto list = kubectl.Ask(arguments);
  if (!list) return tl::unexpected<Error>(list.error());
  boost::system::error_code error;
  const json::value value = json::parse(*list, error);
  const auto* fields = error ? nullptr : value.if_object();
  const auto* items = fields ? fields->if_contains("items") : nullptr;
  if (items == nullptr || !items->is_array())
    return Fail("kubectl {}: its answer is no list", arguments.front());
  return items->get_array();
}

Result<json::array> Nodes(const Kubectl& kubectl) {
  return Items(kubectl, {"get", "nodes", "-o", "json"});
}

// Where in the list of the Node's conditions that of our controller is; -1: nowhere.
int OurCondition(const json::value& node) {
  const auto* status = node.as_object().if_contains("status");
  const auto* fields = status ? status->if_object() : nullptr;
  const auto* conditions = fields ? fields->if_contains("conditions") : nullptr;
  if (conditions == nullptr || !conditions->is_array()) return -1;
  for (size_t i = 0; i < conditions->get_array().size(); ++i) {
    const json::value& condition = conditions->get_array()[i];
    if (At(condition, {"type"}) == "NetworkUnavailable" &&
        At(condition, {"reason"}).starts_with("KVSwitch"))
      return static_cast<int>(i);
  }
  return -1;
}

}  // namespace

Result<std::vector<ClusterNode>> FindNodes(const Kubectl& kubectl) {
  const auto nodes = Nodes(kubectl);
  if (!nodes) return tl::unexpected<Error>(nodes.error());
  const auto pods =
      Items(kubectl,
            {"-n", "kube-system", "get", "pods", "-l",
             "app.kubernetes.io/name=k-vswitch,app.kubernetes.io/component=agent", "-o", "json"});
  if (!pods) return tl::unexpected<Error>(pods.error());
  std::map<std::string, std::string> agents;
  for (const json::value& pod : *pods) {
    std::string& agent = agents[At(pod, {"spec", "nodeName"})];
    // While one is replaced there are two.
    if (agent.empty() || At(pod, {"status", "phase"}) == "Running")
      agent = At(pod, {"metadata", "name"});
  }
  std::map<std::string, ClusterNode> found;
  for (const json::value& node : *nodes) {
    const std::string name = At(node, {"metadata", "name"});
    const std::string system = At(node, {"metadata", "labels", "kubernetes.io/os"});
    if (system.empty() || system == "linux") found[name] = {name, agents[name]};
  }
  std::vector<ClusterNode> all;
  all.reserve(found.size());
  for (auto& [name, node] : found) all.push_back(std::move(node));
  return all;
}

Result<std::vector<std::string>> ClearNetworkConditions(const Kubectl& kubectl) {
  const auto nodes = Nodes(kubectl);
  if (!nodes) return tl::unexpected<Error>(nodes.error());
  std::vector<std::string> cleared;
  for (const json::value& node : *nodes) {
    const int place = node.is_object() ? OurCondition(node) : -1;
    if (place < 0) continue;
    const std::string name = At(node, {"metadata", "name"});
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
