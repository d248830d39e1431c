#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lab/matrix.h"

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
std::vector<lab::Place::Listener> ListenersOfPod();
std::vector<lab::Place::Listener> ListenersOfNode(uint16_t kubelet_port);

// The lab's matrix of the places, and from every pod: to every other with a packet as large as the
// MTU, whether the other sees the pod's own address, and the targets.
std::vector<lab::MatrixCell> PlanConnectivity(const std::vector<lab::Place>& places,
                                              const Targets& targets);

}  // namespace kvs::cli
