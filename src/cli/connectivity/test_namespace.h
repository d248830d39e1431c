#pragma once

#include <boost/json/fwd.hpp>
#include <chrono>
#include <ctime>
#include <string>
#include <vector>

#include "base/net.h"
#include "base/result.h"
#include "cli/agents/cluster_nodes.h"
#include "cli/agents/kubectl.h"
#include "lab/cluster/lab.h"

// The namespace of a run of `kvs test`: two pods on each participating node, a-NODE and b-NODE,
// which run `kvs echo`, and a Service with these pods. They conform to the Pod Security Standard
// "restricted". Every run has a namespace of its own, with a label until when it may be needed.
namespace kvs::cli {

inline constexpr char kTestContainer[] = "echo";
// Common to all runs: the prefix of the namespace's name, its labels as a selector, and the label
// until when it may be needed, in seconds since 1970.
inline constexpr char kTestNamespacePrefix[] = "kvs-test-";
inline constexpr char kTests[] =
    "app.kubernetes.io/part-of=k-vswitch,app.kubernetes.io/component=test";
inline constexpr char kUntil[] = "kvswitch.io/test-until";

struct TestNamespace {
  std::string name;
  std::time_t until = 0;  // after that a later run deletes it

  // "kvs-test-x7k2p", for a run that ends within `timeout`.
  static TestNamespace New(std::chrono::seconds timeout);
};

// A List of all objects, for `kubectl create`.
boost::json::value TestObjects(const TestNamespace& space, const std::vector<ClusterNode>& nodes,
                               const std::string& image);

// Creates it. Namespaces of runs that were killed are deleted, without waiting.
Result<> CreateTestNamespace(const Kubectl& kubectl, const TestNamespace& space,
                             const std::vector<ClusterNode>& nodes, const std::string& image);

// Waits until `count` pods are Ready, and returns them as endpoints. The Error names those that
// aren't Ready after `timeout`, with the reason.
Result<std::vector<probe::Endpoint>> AwaitTestPods(const Kubectl& kubectl, const std::string& space,
                                                   size_t count, std::chrono::seconds timeout);

// Deletes the namespace if it exists and is a test's, and waits until it is gone.
Result<> DeleteTestNamespace(const Kubectl& kubectl, const std::string& space);

}  // namespace kvs::cli
