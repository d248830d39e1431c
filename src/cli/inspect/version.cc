#include "cli/inspect/version.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <optional>
#include <set>

#include "base/version.h"
#include "cli/agents/cluster_nodes.h"
#include "cli/terminal/json_at.h"
#include "cli/terminal/output.h"
#include "kube/object/agent_pods.h"

namespace kvs::cli {
namespace {

namespace json = boost::json;

constexpr char kUnknown[] = "unknown";

struct Controller {
  std::string pod, node, version;
};

struct Versions {
  std::vector<Controller> controllers;
  std::map<std::string, std::string> agents;  // by node
};

using Number = std::array<int, 3>;

// "0.1.0", also with a suffix: "0.2.0-rc1".
std::optional<Number> ToNumber(const std::string& version) {
  Number number{};
  const char* at = version.data();
  const char* const end = at + version.size();
  for (size_t i = 0; i < number.size(); ++i) {
    if (i > 0 && (at == end || *at++ != '.')) return std::nullopt;
    const auto [next, error] = std::from_chars(at, end, number[i]);
    if (error != std::errc()) return std::nullopt;
    at = next;
  }
  return number;
}

std::string OrUnknown(const std::string& version) {
  return version.empty() ? std::string(kUnknown) : version;
}

Result<Versions> OfCluster(const Agents& agents) {
  const auto pods = Items(*agents.kubectl(), {"get", "pods", "-n", kube::kAgentNamespace, "-l",
                                              "app.kubernetes.io/name=k-vswitch", "-o", "json"});
  if (!pods) return tl::unexpected<Error>(pods.error());
  const auto configs =
      Items(*agents.kubectl(), {"get", "vswitchconfigs.kvswitch.io", "-o", "json"});
  if (!configs) return tl::unexpected<Error>(configs.error());
  Versions versions;
  for (const json::value& pod : *pods) {
    if (TextAt(pod, "/metadata/labels/app.kubernetes.io~1component") != "controller") continue;
    versions.controllers.push_back(
        {.pod = TextAt(pod, "/metadata/name"),
         .node = TextAt(pod, "/spec/nodeName"),
         .version = VersionOfImage(TextAt(pod, "/spec/containers/0/image"))});
  }
  for (const std::string& node : agents.nodes()) versions.agents[node] = kUnknown;
  for (const json::value& config : *configs)
    if (const auto at = versions.agents.find(TextAt(config, "/metadata/name"));
        at != versions.agents.end())
      at->second = OrUnknown(TextAt(config, "/status/agentVersion"));
  return versions;
}

Versions OfSockets(const Agents& agents) {
  Versions versions;
  for (const auto& [node, answer] : agents.AskAll("/v1/status")) {
    const auto status = answer ? ParseObject(answer->body, "its agent")
                               : Result<json::value>(tl::unexpected<Error>(answer.error()));
    versions.agents[node] = status ? OrUnknown(TextAt(*status, "/version")) : kUnknown;
  }
  return versions;
}

std::vector<std::string> WarningsOf(const Versions& versions) {
  std::vector<std::string> controllers;
  for (const Controller& controller : versions.controllers)
    controllers.push_back(controller.version);
  return SkewWarnings(kVersion, controllers, versions.agents);
}

Text ToText(const Versions& versions) {
  TextTable table({"COMPONENT", "NODE", "VERSION"});
  table.Add({"kvs", "", kVersion});
  for (const Controller& controller : versions.controllers)
    table.Add({"controller", controller.node, controller.version});
  for (const auto& [node, version] : versions.agents) table.Add({"agent", node, version});
  return table.ToText();
}

Text ToJson(const Versions& versions, const std::vector<std::string>& warnings) {
  json::array controllers, agents;
  for (const Controller& controller : versions.controllers)
    controllers.push_back(
        {{"pod", controller.pod}, {"node", controller.node}, {"version", controller.version}});
  for (const auto& [node, version] : versions.agents)
    agents.push_back({{"node", node}, {"version", version}});
  return JsonText(json::object{{"client", kVersion},
                               {"controllers", std::move(controllers)},
                               {"agents", std::move(agents)},
                               {"warnings", json::array(warnings.begin(), warnings.end())}});
}

// Whether an agent of version `agent` is supported with a controller of version `controller`.
bool GoTogether(const Number& controller, const Number& agent) {
  return agent <= controller && agent[0] == controller[0] && controller[1] - agent[1] <= 1;
}

}  // namespace

std::string VersionOfImage(const std::string& image) {
  const std::string name = image.substr(0, image.find('@'));
  const auto colon = name.rfind(':'), slash = name.rfind('/');
  if (colon == std::string::npos || (slash != std::string::npos && colon < slash)) return kUnknown;
  const bool v = name.compare(colon + 1, 1, "v") == 0;
  return OrUnknown(name.substr(colon + (v ? 2 : 1)));
}

std::vector<std::string> SkewWarnings(const std::string& client,
                                      const std::vector<std::string>& controllers,
                                      const std::map<std::string, std::string>& agents) {
  std::vector<std::string> warnings, others;
  std::set<std::string> versions;
  for (const auto& [node, version] : agents) {
    if (version == kUnknown || version == client) continue;
    others.push_back(node);
    versions.insert(version);
  }
  if (!others.empty())
    warnings.push_back(
        fmt::format("kvs is version {}, the agents on {} are version {}; use the kvs of the "
                    "agents' version",
                    client, FirstNames(others), fmt::join(versions, ", ")));
  for (const std::string& controller : std::set(controllers.begin(), controllers.end())) {
    const auto ours = ToNumber(controller);
    std::vector<std::string> apart;
    for (const auto& [node, version] : agents)
      if (const auto number = ToNumber(version); ours && number && !GoTogether(*ours, *number))
        apart.push_back(node);
    if (!apart.empty())
      warnings.push_back(
          fmt::format("the agents on {} are newer than the controller (version {}) or more than "
                      "one minor version older; apply the manifest of one version",
                      FirstNames(apart), controller));
  }
  return warnings;
}

ExitCode ShowVersion(const VersionArguments& arguments) {
  Versions versions;
  std::string failure;
  if (!arguments.client_only) {
    const auto agents = Agents::Find(arguments.where);
    if (!agents) {
      failure = agents.error().message;
    } else if (agents->kubectl() == nullptr) {
      versions = OfSockets(*agents);
    } else if (auto found = OfCluster(*agents)) {
      versions = std::move(*found);
    } else {
      failure = found.error().message;
    }
  }
  const auto warnings = WarningsOf(versions);
  Print("{}", arguments.json ? ToJson(versions, warnings) : ToText(versions));
  for (const std::string& warning : warnings) Print(stderr, "warning: {}\n", warning);
  if (failure.empty()) return kOk;
  PrintError(failure);
  return kUnreachable;
}

}  // namespace kvs::cli
