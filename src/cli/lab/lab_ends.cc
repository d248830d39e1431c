#include "cli/lab/lab_ends.h"

#include <algorithm>

namespace kvs::cli {

FindEnd EndsOfLab(const lab::Lab& lab) {
  return [&lab](const std::string& name) -> Traced<PacketEnd> {
    if (const auto ip = Ip::Parse(name))
      for (const auto& [pod_name, pod] : lab.pods())
        if (std::ranges::find(pod.ips, *ip) != pod.ips.end())
          return PacketEnd{pod.node, pod_name, pod.ips};
    const auto endpoint =
        lab.Find(name.starts_with(kNodeEnd) ? name.substr(kNodeEnd.size()) : name);
    if (!endpoint) return tl::unexpected(Failure{kUsage, endpoint.error().message});
    const bool pod = endpoint->kind == probe::Endpoint::Kind::kPod;
    return PacketEnd{endpoint->node, pod ? endpoint->name : "node", endpoint->ips};
  };
}

AgentTransport AgentsOf(const lab::Lab& lab) {
  return [&lab](const std::string& node, const std::string& path) -> Result<Answer> {
    const auto machine = lab.nodes().find(node);
    if (machine == lab.nodes().end()) return Fail("not a node of this lab");
    return AskAgent(machine->second->agent_socket(), path);
  };
}

}  // namespace kvs::cli
