#include "cli/packet_ends.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "cli/cluster_nodes.h"
#include "cli/json_at.h"

namespace kvs::cli {
namespace {

namespace json = boost::json;

constexpr std::string_view kNode = "node/", kService = "svc/";

tl::unexpected<Failure> Missing(const std::string& name, std::string_view why) {
  return tl::unexpected(Failure{kUsage, fmt::format("{}: {}", name, why)});
}

class Cluster {
 public:
  Cluster(Kubectl kubectl, std::string ns) : kubectl_(std::move(kubectl)), ns_(std::move(ns)) {}

  Traced<PacketEnd> Find(const std::string& name) const {
    if (name.starts_with(kNode)) return FindNode(name.substr(kNode.size()));
    if (name.starts_with(kService)) return FindService(name, name.substr(kService.size()));
    return FindPod(name);
  }

 private:
  struct Name {
    std::string ns, name;
  };
  Name Split(const std::string& name) const {
    const auto slash = name.find('/');
    if (slash == std::string::npos) return {ns_, name};
    return {name.substr(0, slash), name.substr(slash + 1)};
  }

  Traced<json::value> Get(const std::string& kind, const Name& of) const {
    const std::string object = kind + "/" + of.name;
    std::vector<std::string> words = {"get", object, "-o", "json", "--ignore-not-found"};
    if (!of.ns.empty()) words.push_back("--namespace=" + of.ns);
    const auto text = kubectl_.Ask(words);
    if (!text) return tl::unexpected(Failure{kUnreachable, text.error().message});
    if (text->empty())
      return Missing(object, of.ns.empty() ? "there is none"
                                           : fmt::format("there is none in namespace {}", of.ns));
    auto value = ParseObject(*text, "kubectl");
    if (!value) return tl::unexpected(Failure{kFailed, value.error().message});
    return *value;
  }

  Traced<PacketEnd> FindPod(const std::string& name) const {
    const Name of = Split(name);
    const auto pod = Get("pod", of);
    if (!pod) return tl::unexpected(pod.error());
    PacketEnd end{.node = TextAt(*pod, "/spec/nodeName"),
                  .from = of.ns + "/" + of.name,
                  .ips = IpsIn(ListAt(*pod, "/status/podIPs"), "/ip")};
    if (end.node.empty())
      return Missing(name, fmt::format("is on no node yet; see: kubectl describe pod -n {} {}",
                                       of.ns, of.name));
    if (TextAt(*pod, "/spec/hostNetwork") == "true") end.from = "node";
    return end;
  }

  Traced<PacketEnd> FindService(const std::string& name, const std::string& of) const {
    const auto service = Get("service", Split(of));
    if (!service) return tl::unexpected(service.error());
    PacketEnd end{.ips = IpsIn(ListAt(*service, "/spec/clusterIPs"))};
    if (end.ips.empty()) return Missing(name, "has no ClusterIP; name one of its pods");
    return end;
  }

  Traced<PacketEnd> FindNode(const std::string& name) const {
    const auto node = Get("node", {"", name});
    if (!node) return tl::unexpected(node.error());
    return PacketEnd{name, "node", InternalIps(*node)};
  }

  const Kubectl kubectl_;
  const std::string ns_;
};

}  // namespace

FindEnd EndsOfCluster(const Kubectl& kubectl, const std::string& ns) {
  return [cluster = Cluster(kubectl, ns)](const std::string& name) { return cluster.Find(name); };
}

FindEnd EndsOfAgents(const Agents& agents) {
  return [agents](const std::string& name) -> Traced<PacketEnd> {
    for (const auto& [node, answer] : agents.AskAll("/v1/pods")) {
      if (name == fmt::format("{}{}", kNode, node)) return PacketEnd{node, "node", {}};
      const auto pods = answer ? ParseObject(answer->body, "the agent")
                               : Result<json::value>(tl::unexpected<Error>(answer.error()));
      if (!pods)
        return tl::unexpected(
            Failure{kUnreachable, fmt::format("{}: {}", node, pods.error().message)});
      for (const json::value& pod : ListAt(*pods, "/pods"))
        if (TextAt(pod, "/pod") == name) return PacketEnd{node, name, IpsIn(ListAt(pod, "/ips"))};
    }
    return Missing(name, fmt::format("no pod of {}; where kubectl is, kvs finds all names",
                                     fmt::join(agents.nodes(), ", ")));
  };
}

FindEnd EndsOfLab(const lab::Lab& lab) {
  return [&lab](const std::string& name) -> Traced<PacketEnd> {
    const auto place = lab.Find(name.starts_with(kNode) ? name.substr(kNode.size()) : name);
    if (!place) return tl::unexpected(Failure{kUsage, place.error().message});
    const bool pod = place->kind == lab::Place::Kind::kPod;
    return PacketEnd{place->node, pod ? place->name : "node", place->ips};
  };
}

WayToAgents AgentsOf(const lab::Lab& lab) {
  return [&lab](const std::string& node, const std::string& path) -> Result<Answer> {
    const auto machine = lab.nodes().find(node);
    if (machine == lab.nodes().end()) return Fail("not a node of this lab");
    return AskAgent(machine->second->agent_socket(), path);
  };
}

}  // namespace kvs::cli
