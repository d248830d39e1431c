#pragma once

#include <string>

#include "cli/agents/agents.h"
#include "cli/terminal/exit_code.h"

namespace kvs::cli {

struct BundleArguments {
  AgentOptions where;
  std::string file;  // empty: k-vswitch-bundle-TIME.tar.gz, here
};

// Writes a support archive: what every agent says, and of a cluster our objects, pods, their logs
// and events, without secrets (redact.h). It has a README.txt that says what is in it, and what
// could not be had: that stops nothing else. kOk: it is written, with whatever could be had.
ExitCode WriteBundle(const BundleArguments& arguments);

}  // namespace kvs::cli
