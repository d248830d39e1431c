#pragma once

namespace CLI {
class App;
}

namespace kvs::cli {

// Adds `kvs lab ...`. A command that ran leaves its exit code in `code`.
void AddLabCommands(CLI::App& app, int& code);

}  // namespace kvs::cli
