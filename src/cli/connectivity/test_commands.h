#pragma once

namespace CLI {
class App;
}

namespace kvs::cli {

// `kvs test`, and what it and a lab run of kvs in pods, which is not for people: `kvs echo` and
// `kvs probe`. Each writes its exit code to `code`.
void AddTestCommands(CLI::App& app, int& code);

}  // namespace kvs::cli
