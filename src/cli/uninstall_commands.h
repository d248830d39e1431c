#pragma once

namespace CLI {
class App;
}

namespace kvs::cli {

// Adds `kvs uninstall`, and the hidden `kvs uninstall-node` that it runs in agents' pods. A command
// that ran leaves its exit code in `code`.
void AddUninstallCommands(CLI::App& app, int& code);

}  // namespace kvs::cli
