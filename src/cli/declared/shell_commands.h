#pragma once

namespace CLI {
class App;
}

namespace kvs::cli {

// Adds `kvs completion SHELL` and, hidden, `kvs docs man FOLDER`, by which a release makes its
// manual pages. A command that ran leaves its exit code in `code`.
void AddShellCommands(CLI::App& app, int& code);

}  // namespace kvs::cli
