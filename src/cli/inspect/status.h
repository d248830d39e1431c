#pragma once

#include <chrono>

#include "cli/agents/agents.h"
#include "cli/terminal/exit_code.h"

namespace kvs::cli {

struct StatusArguments {
  AgentOptions where;
  bool json = false;
  std::chrono::seconds wait{0};  // for all to be well
};

// Prints whether all is well, with this node or with the cluster, and if not, why: kOk, kFailed,
// kUnreachable. While it waits, it says on standard error what it waits for.
ExitCode ShowStatus(const StatusArguments& arguments);

}  // namespace kvs::cli
