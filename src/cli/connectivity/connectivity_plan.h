#pragma once

#include <optional>
#include <string>
#include <vector>

#include "probe/matrix.h"

// What must get through in a cluster.
namespace kvs::cli {

struct External {
  Ip address;
  uint16_t port = 443;
};
// ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT.
Result<External> ParseExternal(const std::string& text);

// What pods must reach beside pods and nodes.
struct Targets {
  std::string service_name;    // "svc/kvs-test-x7k2p/echo": the Service over the pods
  std::vector<Ip> service;     // its ClusterIPs
  std::vector<Ip> api_server;  // ClusterIPs of Service default/kubernetes
  bool dns = false;            // whether the cluster has a DNS
  std::optional<External> external;
};

// What listens in a test's pod, and on a node: its kubelet.
std::vector<probe::Endpoint::Listener> ListenersOfPod();
std::vector<probe::Endpoint::Listener> ListenersOfNode(uint16_t kubelet_port);

// The lab's matrix of the endpoints, and from every pod: to every other with a packet as large as
// the MTU, whether the other sees the pod's own address, and the targets.
std::vector<probe::MatrixCell> PlanConnectivity(const std::vector<probe::Endpoint>& endpoints,
                                                const Targets& targets);

}  // namespace kvs::cli
