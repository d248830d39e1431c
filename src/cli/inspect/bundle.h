#pragma once

#include <string>

#include "cli/agents/agents.h"
#include "cli/terminal/exit_code.h"

namespace kvs::cli {

struct BundleArguments {
  AgentOptions where;
  std::string file;  // empty: k-vswitch-bundle-TIME.tar.gz, here
};

// Writes a support archive: every agent's answers and, from a cluster, our objects, pods, their
// logs and events, without secrets (redact.h). Its README.txt lists its content, and what could not
// be collected, which does not stop the rest. kOk: it is written, with everything that could be
// collected.
ExitCode WriteBundle(const BundleArguments& arguments);

}  // namespace kvs::cli
