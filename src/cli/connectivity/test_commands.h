#pragma once

namespace CLI {
class App;
}

namespace kvs::cli {

// Adds `kvs test`, and the hidden commands that it and a lab run in pods: `kvs echo` and `kvs
// probe`. Each writes its exit code to `code`.
void AddTestCommands(CLI::App& app, int& code);

}  // namespace kvs::cli
