#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/net.h"
#include "base/result.h"
#include "cli/agents/kubectl.h"
#include "probe/probe.h"

// Services of a cluster, and whether they are served: k-vswitch doesn't do that yet.
namespace kvs::cli {

// ClusterIPs of a Service; empty if it has none.
Result<std::vector<Ip>> ClusterIps(const Kubectl& kubectl, const std::string& ns,
                                   const std::string& service);

// A container of a pod with our image.
struct Prober {
  std::string ns, pod, container;
};
// Probes cells from there, each for at most `timeout`; returns as many outcomes as cells.
Result<std::vector<probe::Outcome>> ProbeFrom(const Kubectl& kubectl, const Prober& prober,
                                              const std::vector<probe::Cell>& cells,
                                              std::chrono::seconds timeout);

// Why no Service can be reached: there is no program that serves them. Empty: there is one, or it
// can't be determined. If there is no DaemonSet kube-proxy (k3s has it built in), the API server's
// Service is tried from the agent's pod on `node`.
std::string WhyNoServices(const Kubectl& kubectl, const std::string& node,
                          const std::string& agent);

}  // namespace kvs::cli
