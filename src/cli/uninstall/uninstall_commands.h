#pragma once

namespace CLI {
class App;
}

namespace kvs::cli {

// Adds `kvs uninstall`. If it ran, it leaves its exit code in `code`.
void AddUninstallCommands(CLI::App& app, int& code);

}  // namespace kvs::cli
