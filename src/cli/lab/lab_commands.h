#pragma once

namespace CLI {
class App;
}

namespace kvs::cli {

// Adds `kvs lab ...`. A command that ran writes its exit code to `code`.
void AddLabCommands(CLI::App& app, int& code);

}  // namespace kvs::cli
