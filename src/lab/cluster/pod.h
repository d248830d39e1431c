#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/net.h"
#include "base/result.h"
#include "kube/object/objects.h"
#include "lab/machine/node.h"
#include "lab/machine/state.h"

// A lab's pods, made as by a container runtime: a namespace, the CNI plugins of the node's
// configuration, and a process in it (see echo.h).
namespace kvs::lab {

struct Pod {
  std::string name;  // "namespace/name"
  std::string uid;
  std::string node;
  std::string container;  // id given to the CNI plugins
  std::vector<Ip> ips;    // from the CNI result, as is
  std::string mac;        // of eth0
  std::string port;       // the host's end, as Open vSwitch knows it
  std::string result;     // of the CNI plugins: JSON

  std::string netns(const State& state) const;
};

// After a failure nothing is left.
Result<Pod> AttachPod(const State& state, const Node& node, const std::string& kvs,
                      const kube::Pod& pod);
// `node` may be null if it is gone: then only the lab's part of the pod is removed.
Result<> DetachPod(const State& state, const Node* node, const Pod& pod);
// CNI CHECK: whether the pod's network is still as it was made.
Result<> CheckPod(const State& state, const Node& node, const Pod& pod);
// The pods in the state folder, by name.
std::map<std::string, Pod> ReadPods(const State& state);

}  // namespace kvs::lab
