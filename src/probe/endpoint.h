#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/net.h"
#include "probe/probe.h"

namespace kvs::probe {

// A source or destination of packets: a pod, a node, or the host outside.
struct Endpoint {
  enum class Kind { kPod, kNode, kOutside };
  Kind kind = Kind::kPod;
  std::string name;  // "namespace/name", "node1", "outside"
  std::string netns;
  std::string node;  // of a pod its node; of a node itself; "" for the outside
  std::vector<Ip> ips;
  // A port on which the endpoint answers.
  struct Listener {
    Protocol protocol = Protocol::kTcp;
    uint16_t port = kEchoPort;
    bool greets = true;  // as of Cell
  };
  std::vector<Listener> listeners = {{}, {.protocol = Protocol::kIcmp}};
};

}  // namespace kvs::probe
