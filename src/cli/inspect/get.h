#pragma once

#include <functional>
#include <string>

#include "cli/agents/agents.h"
#include "cli/terminal/exit_code.h"

namespace kvs::cli {

struct GetArguments {
  AgentOptions where;
  std::string kind;        // "flows", "ports" or "pods"
  std::string output;      // "table", "wide", "json", "yaml" or "name"
  std::string space, pod;  // only items of this namespace, of this pod (NAMESPACE/NAME)
  std::string selector;    // only items of pods with these labels, as kubectl's -l
  // For watching: waits until the next look; false: stop. Empty: look once.
  std::function<bool()> wait;
};

// Prints the agents' items of a kind: as tables, with a column for the node if there are several;
// as JSON or YAML, an agent's answer (agent/api.h), or {"nodes": {NODE: answer}} for a cluster or
// lab; or as names ("pod/web-1").
//
// A watch prints all items, then those that are added, changed or removed, as kubectl does with
// --output-watch-events: ADDED, MODIFIED, DELETED. A changed counter is no change. A node's items
// are kept while it doesn't answer.
//
// kOk; kFailed: a node didn't answer, which is reported on standard error; the others are shown;
// kUsage: flows have no names, only the API server knows labels; kUnreachable: no agent answers.
ExitCode ShowItems(const GetArguments& arguments);

}  // namespace kvs::cli
