#include "cli/uninstall/uninstall_commands.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "cli/declared/flags.h"
#include "cli/terminal/output.h"
#include "cli/uninstall/uninstall.h"

namespace kvs::cli {
namespace {

bool AskOnTerminal() {
  Print("\nType yes to remove all of this: ");
  std::fflush(stdout);
  std::string answer;
  return std::getline(std::cin, answer) && answer == "yes";
}

int Uninstall(const UninstallArguments& arguments) {
  if (!arguments.yes && !arguments.dry_run && isatty(STDIN_FILENO) != 1) {
    PrintError(
        "uninstall asks before it removes anything, and there is no terminal; see what it "
        "would do with --dry-run, and add --yes");
    return kUsage;
  }
  return UninstallCluster(arguments, AskOnTerminal);
}

}  // namespace

void AddUninstallCommands(CLI::App& app, int& code) {
  auto* uninstall =
      app.add_subcommand("uninstall", "Remove k-vswitch from a cluster and restore its nodes");
  const auto arguments = std::make_shared<UninstallArguments>();
  uninstall->add_flag("--yes", arguments->yes, "don't ask for confirmation");
  uninstall->add_flag("--dry-run", arguments->dry_run, "only show what would be removed");
  uninstall->add_flag("--force", arguments->force,
                      "also where pods are attached or an agent doesn't answer");
  AddKubectlFlags(*uninstall, arguments->kubeconfig, arguments->context);
  uninstall->callback([arguments, &code] { code = Uninstall(*arguments); });
}

}  // namespace kvs::cli
