#pragma once

#include <boost/json/fwd.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "base/net.h"
#include "base/result.h"
#include "cli/cluster_nodes.h"
#include "cli/kubectl.h"
#include "lab/lab.h"

// Namespace kvs-test, where the pods of `kvs test` are: two on each node taking part, a-NODE and
// b-NODE, which run `kvs echo`, and a Service over them. They conform to the Pod Security Standard
// "restricted".
namespace kvs::cli {

inline constexpr char kTestNamespace[] = "kvs-test";
inline constexpr char kTestContainer[] = "echo";

// A List of all of it, as `kubectl create` takes it.
boost::json::value TestObjects(const std::vector<ClusterNode>& nodes, const std::string& image);

// Makes it, after what an earlier run left is gone. An Error if the namespace is somebody else's.
Result<> CreateTestNamespace(const Kubectl& kubectl, const std::vector<ClusterNode>& nodes,
                             const std::string& image);

// Waits until `count` pods are Ready, and gives them as places. The Error names those which aren't
// at the end of `patience`, with why.
Result<std::vector<lab::Place>> AwaitTestPods(const Kubectl& kubectl, size_t count,
                                              std::chrono::seconds patience);

// ClusterIPs of a Service, none if it has none.
Result<std::vector<Ip>> ClusterIps(const Kubectl& kubectl, const std::string& ns,
                                   const std::string& service);

// Deletes it, if it is there and ours, and waits until it is gone.
Result<> DeleteTestNamespace(const Kubectl& kubectl);

}  // namespace kvs::cli
