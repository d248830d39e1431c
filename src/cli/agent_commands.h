#pragma once

namespace CLI {
class App;
}

namespace kvs::cli {

// Adds `kvs status` and `kvs get ...`, which ask agents (agents.h), and the hidden `kvs ask` by
// which they are reached. A command that ran leaves its exit code in `code`.
void AddAgentCommands(CLI::App& app, int& code);

}  // namespace kvs::cli
