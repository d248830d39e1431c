#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/net.h"
#include "base/result.h"
#include "cli/agents/kubectl.h"
#include "probe/probe.h"

// Services of a cluster, and whether anybody serves them: k-vswitch doesn't yet.
namespace kvs::cli {

// ClusterIPs of a Service, none if it has none.
Result<std::vector<Ip>> ClusterIps(const Kubectl& kubectl, const std::string& ns,
                                   const std::string& service);

// The container of a pod that has our image.
struct Prober {
  std::string ns, pod, container;
};
// Probes cells from there, each for at most `timeout`; as many outcomes as cells.
Result<std::vector<probe::Outcome>> ProbeFrom(const Kubectl& kubectl, const Prober& prober,
                                              const std::vector<probe::Cell>& cells,
                                              std::chrono::seconds timeout);

// Why no Service is reached: nobody serves them. Empty: somebody does, or it can't be known.
// AgentOptions there is no DaemonSet kube-proxy (k3s has it built in) the API server's Service is
// tried from the agent's pod on `node`.
std::string WhyNoServices(const Kubectl& kubectl, const std::string& node,
                          const std::string& agent);

}  // namespace kvs::cli
