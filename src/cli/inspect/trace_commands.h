#pragma once

namespace CLI {
class App;
}

namespace kvs::cli {

// Adds `kvs trace`, for a cluster, a node or a lab (agents.h). A command that ran writes its exit
// code to `code`.
void AddTraceCommand(CLI::App& app, int& code);

}  // namespace kvs::cli
