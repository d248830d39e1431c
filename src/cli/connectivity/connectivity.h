#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace kvs::cli {

struct TestArguments {
  std::string kubeconfig, context;
  size_t nodes = 3;                   // that take part; 0: all
  std::string external;               // for ParseExternal; "": nothing outside is tried
  std::chrono::seconds timeout{300};  // for all of it
  bool keep = false;                  // leave the namespace
  bool list = false;                  // only list what would be tested
  bool json = false;
  std::string space;  // the namespace; "": a new one of its own
};

// Tests the network of the cluster: creates pods with our image on the first nodes that have it,
// and sends real packets from pods, and from nodes by their agents' pods. Prints a line per kind,
// and each cell that failed. Returns kOk, kFailed, kUsage, kUnreachable. The namespace is deleted
// in any case, unless it is to be kept.
int TestConnectivity(const TestArguments& arguments);

}  // namespace kvs::cli
