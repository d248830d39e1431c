#pragma once

#include <string>

#include "cli/agents.h"
#include "cli/exit_code.h"

namespace kvs::cli {

struct GetArguments {
  Where where;
  std::string kind;        // "flows", "ports" or "pods"
  std::string output;      // "table", "wide" or "json"
  std::string space, pod;  // only what is of this namespace, of this pod (NAMESPACE/NAME)
};

// Prints what agents have of a kind: tables, with a column for the node where there are several; or
// as JSON: of one agent its answer (agent/api.h), of a cluster or lab {"nodes": {NODE: answer}}.
//
// kOk; kFailed: a node didn't answer, which is told on standard error, and hides no other;
// kUnreachable: nobody answers.
ExitCode ShowItems(const GetArguments& arguments);

}  // namespace kvs::cli
