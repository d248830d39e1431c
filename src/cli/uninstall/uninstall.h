#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/terminal/exit_code.h"

namespace kvs::cli {

struct UninstallArguments {
  bool yes = false, dry_run = false, force = false;
  std::string kubeconfig, context;  // as kubectl's
};

// Whether the user at the terminal confirms. Empty: there is no terminal.
using OnConfirm = std::function<bool()>;

// Removes k-vswitch from a cluster: each node's agent removes what is on the node, then our objects
// are deleted. First every agent is asked for a dry run. If pods are attached anywhere, nothing is
// changed; if a node can't be cleaned, our objects are kept, so that the command can be repeated.
// `force` overrides both.
//
// Prints a line per node and thing. kOk: everything is removed (dry run: would be).
ExitCode UninstallCluster(const UninstallArguments& arguments, const OnConfirm& confirm);

// The objects of deploy/k-vswitch.yaml, and those that the controller makes, in the order of their
// deletion: "TYPE/NAME".
struct ClusterObjects {
  std::string ns;  // namespace; empty: of the cluster
  std::vector<std::string> names;
};
const std::vector<ClusterObjects>& OurObjects();

}  // namespace kvs::cli
