#pragma once

namespace CLI {
class App;
}

namespace kvs::cli {

// Adds `kvs status`, `kvs get ...` and `kvs bundle`, which ask agents (agents.h), and the hidden
// `kvs ask` by which they are reached. A command that ran writes its exit code to `code`.
void AddAgentCommands(CLI::App& app, int& code);

}  // namespace kvs::cli
