#pragma once

#include <string>

#include "base/result.h"

namespace kvs::lab {

// Where the programs under test are.
struct Programs {
  std::string agent;       // k-vswitchd
  std::string cni;         // k-vswitch-cni
  std::string controller;  // k-vswitch-controller
  std::string kvs;

  // Looks in $KVS_BIN_DIR, beside the running program, in the build tree around it, and in PATH.
  static Result<Programs> Find();
};

}  // namespace kvs::lab
