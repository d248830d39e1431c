#pragma once

#include <string>

#include "base/result.h"

namespace kvs::lab {

// The paths of the programs under test.
struct Programs {
  std::string agent;       // k-vswitchd
  std::string cni;         // k-vswitch-cni
  std::string controller;  // k-vswitch-controller
  std::string kvs;

  // Searches $KVS_BIN_DIR, the folder of the running program, the build tree around it, and PATH.
  static Result<Programs> Find();
};

}  // namespace kvs::lab
