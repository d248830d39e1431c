#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "cli/output.h"

// What an agent answers (agent/api.h), as people see it. Errors: the answer is not what it should
// be, the versions of kvs and agent differ.
namespace kvs::cli {

struct StatusText {
  std::string text;
  bool healthy = false;
  std::string problem;  // the first one; empty if there is none
};
// GET /v1/status: the first thing that is broken comes first.
Result<StatusText> ToStatusText(const std::string& answer, const Paint& paint);

// GET /v1/flows, /v1/ports, /v1/pods as a table; `kind` is "flows", "ports" or "pods". `wide` shows
// more columns.
Result<std::string> ToTableText(const std::string& kind, const std::string& answer, bool wide);

// From the answer to GET /v1/flows: cookie ("0x1f") -> "route of Node/node2".
std::map<std::string, std::string> FlowOwners(const std::string& answer);

}  // namespace kvs::cli
