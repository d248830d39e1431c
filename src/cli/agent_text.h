#pragma once

#include <boost/json/fwd.hpp>
#include <string>

#include "base/result.h"
#include "cli/output.h"

// What an agent answers (agent/api.h), as people see it. Errors: the answer is not what it should
// be, the versions of kvs and agent differ.
namespace kvs::cli {

struct StatusText {
  Text text;
  bool healthy = false;
  std::string problem;  // the first one; empty if there is none
};
// GET /v1/status: the first thing that is broken comes first.
Result<StatusText> ToStatusText(const std::string& answer, const Paint& paint);

// Of a node's problems people see so many, and that there are `count` more.
inline constexpr size_t kMostProblems = 20;
std::string MoreProblems(size_t count);

// What nodes have of a kind, "flows", "ports" or "pods", as a table: `nodes` is {NODE: answer to
// GET /v1/KIND}. More than one node have a column; `wide` shows more columns.
Text ToTableText(const std::string& kind, const boost::json::object& nodes, bool wide);

}  // namespace kvs::cli
