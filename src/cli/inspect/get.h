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
  std::string space, pod;  // only what is of this namespace, of this pod (NAMESPACE/NAME)
  std::string selector;    // only what is of pods with these labels, as kubectl's -l
  // To watch: waits until it is time to look again; false: enough. Empty: look once.
  std::function<bool()> wait;
};

// Prints what agents have of a kind: tables, with a column for the node where there are several; or
// as JSON or YAML: of one agent its answer (agent/api.h), of a cluster or lab {"nodes": {NODE:
// answer}}; or names ("pod/web-1").
//
// Who watches sees, after all that is there, what comes, changes or goes, as kubectl shows it with
// --output-watch-events: ADDED, MODIFIED, DELETED. A counter that counts is no change. What a node
// had stays while it doesn't answer.
//
// kOk; kFailed: a node didn't answer, which is told on standard error, and hides no other; kUsage:
// flows have no names, labels are known to the API server only; kUnreachable: nobody answers.
ExitCode ShowItems(const GetArguments& arguments);

}  // namespace kvs::cli
