#include "cli/inspect/packet_ends.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/json.hpp>
#include <memory>
#include <optional>

#include "cli/agents/cluster_nodes.h"
#include "cli/terminal/json_at.h"

namespace kvs::cli {
namespace {

namespace json = boost::json;

constexpr std::string_view kService = "svc/";

tl::unexpected<Failure> Missing(const std::string& name, std::string_view why) {
  return tl::unexpected(Failure{kUsage, fmt::format("{}: {}", name, why)});
}

tl::unexpected<Failure> NotFound(std::string_view kind, std::string_view name,
                                 std::string_view ns) {
  return tl::unexpected(
      Failure{kUsage, fmt::format("{} \"{}\" not found{}", kind, name,
                                  ns.empty() ? "" : fmt::format(" in namespace \"{}\"", ns))});
}

// Whether to ask DNS for `name`. A word without a dot is more likely a misspelt pod, and DNS would
// search this machine's own domain.
bool IsDnsName(const std::string& name) {
  return name.find('.') != std::string::npos && name.find('/') == std::string::npos;
}

// The addresses of a name, as this machine resolves it.
Traced<PacketEnd> Resolve(const std::string& name) {
  const addrinfo hints{.ai_socktype = SOCK_STREAM};
  addrinfo* found = nullptr;
  const int error = getaddrinfo(name.c_str(), nullptr, &hints, &found);
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> all(found, &freeaddrinfo);
  if (error != 0)
    return Missing(name,
                   fmt::format("no pod, and DNS on this machine says: {}", gai_strerror(error)));
  PacketEnd end;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    char text[NI_MAXHOST];
    if (getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) !=
        0)
      continue;
    if (const auto ip = Ip::Parse(text)) end.ips.push_back(*ip);
  }
  return end;
}

class Cluster {
 public:
  Cluster(Kubectl kubectl, std::string ns) : kubectl_(std::move(kubectl)), ns_(std::move(ns)) {}

  Traced<PacketEnd> Find(const std::string& name) const {
    if (name.starts_with(kNodeEnd)) return FindNode(name.substr(kNodeEnd.size()));
    if (name.starts_with(kService)) return FindService(name, Split(name.substr(kService.size())));
    if (const auto ip = Ip::Parse(name)) return FindPodWith(*ip);
    if (const auto service = ServiceIn(name)) return FindService(name, *service);
    const auto pod = FindPod(name);
    return !pod && pod.error().code == kUsage && IsDnsName(name) ? Resolve(name) : pod;
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

  // The Service of a name of the cluster's DNS: db.shop.svc, db.shop.svc.cluster.local.
  static std::optional<Name> ServiceIn(const std::string& name) {
    const auto first = name.find('.'), second = name.find('.', first + 1);
    if (second == std::string::npos || name.find('/') != std::string::npos) return std::nullopt;
    const std::string_view rest = std::string_view(name).substr(second);
    if (rest != ".svc" && !rest.starts_with(".svc.")) return std::nullopt;
    return Name{name.substr(first + 1, second - first - 1), name.substr(0, first)};
  }

  Traced<json::value> Ask(const std::vector<std::string>& words) const {
    const auto text = kubectl_.Ask(words);
    if (!text) return tl::unexpected(Failure{kUnreachable, text.error().message});
    if (text->empty()) return json::value();
    auto value = ParseObject(*text, "kubectl");
    if (!value) return tl::unexpected(Failure{kFailed, value.error().message});
    return *value;
  }

  Traced<json::value> Get(const std::string& kind, const Name& of) const {
    std::vector<std::string> words = {"get", kind + "/" + of.name, "-o", "json",
                                      "--ignore-not-found"};
    if (!of.ns.empty()) words.push_back("--namespace=" + of.ns);
    auto value = Ask(words);
    if (value && value->is_null()) return NotFound(kind, of.name, of.ns);
    return value;
  }

  static PacketEnd EndOf(const json::value& pod) {
    const bool host = TextAt(pod, "/spec/hostNetwork") == "true";
    return {.node = TextAt(pod, "/spec/nodeName"),
            .from = host ? "node"
                         : TextAt(pod, "/metadata/namespace") + "/" + TextAt(pod, "/metadata/name"),
            .ips = IpsIn(ListAt(pod, "/status/podIPs"), "/ip")};
  }

  // The API server can search pods by their first address only; for another, all are listed.
  Traced<PacketEnd> FindPodWith(const Ip& ip) const {
    const std::vector<std::string> all = {"get", "pod", "-A", "-o", "json"};
    std::vector<std::string> first = all;
    first.push_back(fmt::format("--field-selector=status.podIP={}", ip));
    for (const auto& words : {first, all}) {
      const auto list = Ask(words);
      if (!list) return tl::unexpected(list.error());
      for (const json::value& pod : ListAt(*list, "/items")) {
        const std::string phase = TextAt(pod, "/status/phase");
        if (phase == "Succeeded" || phase == "Failed")
          continue;  // another pod may have its address by now
        PacketEnd end = EndOf(pod);
        if (std::ranges::find(end.ips, ip) != end.ips.end()) return end;
      }
    }
    return Missing(ip.ToString(), "no pod has this address");
  }

  Traced<PacketEnd> FindPod(const std::string& name) const {
    const Name of = Split(name);
    const auto pod = Get("pod", of);
    if (!pod) return tl::unexpected(pod.error());
    PacketEnd end = EndOf(*pod);
    if (end.node.empty())
      return Missing(name, fmt::format("is on no node yet; see: kubectl describe pod -n {} {}",
                                       of.ns, of.name));
    return end;
  }

  Traced<PacketEnd> FindService(const std::string& name, const Name& of) const {
    const auto service = Get("service", of);
    if (!service) return tl::unexpected(service.error());
    if (const std::string other = TextAt(*service, "/spec/externalName"); !other.empty())
      return Resolve(other);
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
    const auto ip = Ip::Parse(name);
    for (const auto& [node, answer] : agents.AskAll("/v1/pods")) {
      if (name == fmt::format("{}{}", kNodeEnd, node)) return PacketEnd{node, "node", {}};
      const auto pods = answer ? ParseObject(answer->body, "the agent")
                               : Result<json::value>(tl::unexpected<Error>(answer.error()));
      if (!pods)
        return tl::unexpected(
            Failure{kUnreachable, fmt::format("{}: {}", node, pods.error().message)});
      for (const json::value& pod : ListAt(*pods, "/pods")) {
        const std::string pod_name = TextAt(pod, "/pod");
        const auto ips = IpsIn(ListAt(pod, "/ips"));
        if (pod_name == name || (ip && std::ranges::find(ips, *ip) != ips.end()))
          return PacketEnd{node, pod_name, ips};
      }
    }
    if (!ip && IsDnsName(name)) return Resolve(name);
    return Missing(name, fmt::format("no pod of {}; where kubectl is, kvs finds all names",
                                     fmt::join(agents.nodes(), ", ")));
  };
}

}  // namespace kvs::cli
