#pragma once

#include <optional>
#include <string>
#include <vector>

#include "probe/matrix.h"

// The connections that must work in a cluster.
namespace kvs::cli {

struct External {
  Ip address;
  uint16_t port = 443;
};
// ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT.
Result<External> ParseExternal(const std::string& text);

// Destinations of pods, beside pods and nodes.
struct Targets {
  std::string service_name;    // "svc/kvs-test-x7k2p/echo": the Service over the pods
  std::vector<Ip> service;     // its ClusterIPs
  std::vector<Ip> api_server;  // ClusterIPs of Service default/kubernetes
  bool dns = false;            // whether the cluster has a DNS
  std::optional<External> external;
};

// The listeners of a test's pod, and of a node: its kubelet.
std::vector<probe::Endpoint::Listener> ListenersOfPod();
std::vector<probe::Endpoint::Listener> ListenersOfNode(uint16_t kubelet_port);

// The lab's matrix of the endpoints; and for every pod: to every other pod with a packet as large
// as the MTU, whether the other sees the pod's own address, and the targets.
std::vector<probe::MatrixCell> PlanConnectivity(const std::vector<probe::Endpoint>& endpoints,
                                                const Targets& targets);

}  // namespace kvs::cli
