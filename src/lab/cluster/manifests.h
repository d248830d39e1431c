#pragma once

#include <string>
#include <vector>

#include "base/problem.h"
#include "base/result.h"
#include "kube/object/objects.h"

// A lab's folder of manifests: reads, generates and changes it.
namespace kvs::lab {

struct Manifests {
  std::vector<kube::Node> nodes;
  std::vector<kube::Pod> pods;  // to be attached: with a nodeName, not of the host's network
  std::vector<Problem> problems;
};

Result<Manifests> ReadManifests(const std::string& folder);

// Writes manifests of `nodes` nodes ("node1", ...) with two Pods each, in Namespaces shop and
// tools. Node N has 10.200.0.N and fd00:200::N on the underlay (with `ipv6_underlay` only the
// latter) and the pod ranges 10.244.N.0/24 and fd00:10:244:N::/64. At most 200.
Result<> WriteManifests(const std::string& folder, int nodes, bool ipv6_underlay);

// `name` is "namespace/name". The file is <folder>/pod.<namespace>.<name>.yaml; a pod that another
// file defines can't be removed.
Result<> WritePod(const std::string& folder, const std::string& name, const std::string& node);
Result<> RemovePod(const std::string& folder, const std::string& name);

}  // namespace kvs::lab
