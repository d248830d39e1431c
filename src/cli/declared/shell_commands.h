#pragma once

namespace CLI {
class App;
}

namespace kvs::cli {

// Adds `kvs completion SHELL` and the hidden `kvs docs man FOLDER`, which a release uses for its
// manual pages. A command that ran writes its exit code to `code`.
void AddShellCommands(CLI::App& app, int& code);

}  // namespace kvs::cli
