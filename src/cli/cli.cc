#include "cli/cli.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "base/version.h"
#include "cli/connectivity/test_commands.h"
#include "cli/declared/completion.h"
#include "cli/declared/shell_commands.h"
#include "cli/declared/usage_error.h"
#include "cli/inspect/agent_commands.h"
#include "cli/inspect/trace_commands.h"
#include "cli/lab/lab_commands.h"
#include "cli/terminal/exit_code.h"
#include "cli/terminal/output.h"
#include "cli/uninstall/uninstall_commands.h"

namespace kvs::cli {

int Main(int argc, char** argv) {
  // kubectl runs a program kubectl-kvs in PATH as its own command.
  const bool plugin = std::filesystem::path(argv[0]).filename() == "kubectl-kvs";
  CLI::App app("The command line of k-vswitch, a network of Kubernetes clusters",
               plugin ? "kubectl kvs" : "kvs");
  app.set_version_flag("--version", kVersion);
  app.require_subcommand(1);
  int code = kOk;
  AddAgentCommands(app, code);
  AddTestCommands(app, code);
  AddTraceCommand(app, code);
  AddLabCommands(app, code);
  AddUninstallCommands(app, code);
  AddShellCommands(app, code);
  if (argc > 1 && argv[1] == kCompleteCommand) {  // whose words may be anything
    Print("{}", ToText(Complete(app, {argv + 2, argv + argc})));
    return kOk;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help and --version
    PrintError(UsageErrorText(app, error));
    return kUsage;
  } catch (const std::system_error& error) {  // fmt::print's, if nobody takes what it prints
    std::fprintf(stderr, "kvs: %s\n", error.what());
    return kFailed;
  }
  return code;
}

}  // namespace kvs::cli
