#pragma once

namespace CLI {
class App;
}

namespace kvs::cli {

// Adds `kvs status` and `kvs get ...`, which ask an agent on its Unix socket. A command that ran
// leaves its exit code in `code`.
void AddAgentCommands(CLI::App& app, int& code);

}  // namespace kvs::cli
