#pragma once

namespace CLI {
class App;
}

namespace kvs::cli {

// Adds `kvs uninstall`. If it ran, it writes its exit code to `code`.
void AddUninstallCommands(CLI::App& app, int& code);

}  // namespace kvs::cli
