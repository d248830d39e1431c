#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace kvs::cli {

struct TestArguments {
  std::string kubeconfig, context;
  size_t nodes = 3;                   // that take part; 0: all
  std::string external;               // as ParseExternal takes it; "": nothing outside is asked for
  std::chrono::seconds timeout{300};  // for all of it
  bool keep = false;                  // leave the namespace
  bool list = false;                  // only say what would be tested
  bool json = false;
  std::string space;  // the namespace; "": a new one of its own
};

// Does the network of this cluster work? Pods of our image on the first nodes, which have it, and
// real packets from pods, and from nodes by their agents' pods. Prints a line per kind, and each
// cell that failed. kOk, kFailed, kUsage, kUnreachable. The namespace is gone afterwards, however
// it ends, unless it is to be kept.
int TestConnectivity(const TestArguments& arguments);

}  // namespace kvs::cli
