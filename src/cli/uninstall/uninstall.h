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

// Whether whoever sits there wants it; "": nobody does, there is no terminal.
using OnConfirm = std::function<bool()>;

// Takes k-vswitch out of a cluster: on each node its agent takes away what is there, then our
// objects are deleted. First every agent is asked what it would do; pods that are attached anywhere
// stop it before anything was changed, and a node that isn't clean keeps our objects, so that the
// same can be asked again. `force` overrides both.
//
// Prints a line per node and thing. kOk: all of it is gone (dry run: would be).
ExitCode UninstallCluster(const UninstallArguments& arguments, const OnConfirm& confirm);

// The objects of deploy/k-vswitch.yaml, and what the controller makes, in the order in which they
// are deleted: "TYPE/NAME".
struct ClusterObjects {
  std::string ns;  // namespace; empty: of the cluster
  std::vector<std::string> names;
};
const std::vector<ClusterObjects>& OurObjects();

}  // namespace kvs::cli
