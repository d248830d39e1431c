#pragma once

namespace CLI {
class App;
}

namespace kvs::cli {

// Adds `kvs trace`, in a cluster, on a node or in a lab (agents.h). A command that ran leaves its
// exit code in `code`.
void AddTraceCommand(CLI::App& app, int& code);

}  // namespace kvs::cli
