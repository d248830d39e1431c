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

// The namespace of a run of `kvs test`: two pods on each node taking part, a-NODE and b-NODE, which
// run `kvs echo`, and a Service over them. They conform to the Pod Security Standard "restricted".
// Every run has its own, with a label that says until when it may be needed.
namespace kvs::cli {

inline constexpr char kTestContainer[] = "echo";
// Of all runs: what begins the namespace's name, its labels as a selector, and the label that says
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

// A List of all of it, as `kubectl create` takes it.
boost::json::value TestObjects(const TestNamespace& space, const std::vector<ClusterNode>& nodes,
                               const std::string& image);

// Makes it. What runs left that were killed goes, and isn't waited for.
Result<> CreateTestNamespace(const Kubectl& kubectl, const TestNamespace& space,
                             const std::vector<ClusterNode>& nodes, const std::string& image);

// Waits until `count` pods are Ready, and gives them as endpoints. The Error names those which
// aren't at the end of `timeout`, with why.
Result<std::vector<probe::Endpoint>> AwaitTestPods(const Kubectl& kubectl, const std::string& space,
                                                   size_t count, std::chrono::seconds timeout);

// Deletes it, if it is there and a test's, and waits until it is gone.
Result<> DeleteTestNamespace(const Kubectl& kubectl, const std::string& space);

}  // namespace kvs::cli
