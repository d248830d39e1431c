#pragma once

#include <chrono>

#include "cli/agents/agents.h"
#include "cli/terminal/exit_code.h"

namespace kvs::cli {

struct StatusArguments {
  AgentOptions where;
  bool json = false;
  std::chrono::seconds wait{0};  // until there are no problems
};

// Prints whether this node or the cluster works, and if not, why: kOk, kFailed, kUnreachable. While
// it waits, it prints on standard error what it waits for.
ExitCode ShowStatus(const StatusArguments& arguments);

}  // namespace kvs::cli
