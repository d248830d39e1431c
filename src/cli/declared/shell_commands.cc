#include "cli/declared/shell_commands.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/declared/completion.h"
#include "cli/declared/flags.h"
#include "cli/declared/man_page.h"
#include "cli/terminal/exit_code.h"
#include "cli/terminal/output.h"

namespace kvs::cli {

void AddShellCommands(CLI::App& app, int& code) {
  auto* completion = app.add_subcommand(
      "completion", "Generate completion for a shell: source <(kvs completion bash)");
  const auto shell = std::make_shared<std::string>();
  completion->add_option("SHELL", *shell, "bash, zsh or fish")
      ->check(OneOf("shell", {"bash", "zsh", "fish"}))
      ->required();
  completion->callback([shell, &code] {
    Print("{}", CompletionScript(*shell).value_or(Text()));
    code = kOk;
  });

  auto* docs = app.add_subcommand("docs")->group("")->require_subcommand(1);
  auto* man = docs->add_subcommand("man", "Write the manual pages");
  const auto folder = std::make_shared<std::string>();
  man->add_option("FOLDER", *folder)->required();
  man->callback([&app, folder, &code] {
    const auto done = WriteManPages(app, *folder);
    if (!done) PrintError(done.error().message);
    code = done ? kOk : kFailed;
  });
}

}  // namespace kvs::cli
