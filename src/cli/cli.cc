#include "cli/cli.h"

#include <CLI/CLI.hpp>

#include "cli/agent_commands.h"
#include "cli/exit_code.h"
#include "cli/lab_commands.h"
#include "cli/uninstall_commands.h"

namespace kvs::cli {

int Main(int argc, char** argv) {
  CLI::App app("kvs: see and try k-vswitch, the network of a Kubernetes cluster", "kvs");
  app.set_version_flag("--version", KVS_VERSION);
  app.require_subcommand(1);
  int code = kOk;
  AddAgentCommands(app, code);
  AddLabCommands(app, code);
  AddUninstallCommands(app, code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kUsage;
  }
  return code;
}

}  // namespace kvs::cli
