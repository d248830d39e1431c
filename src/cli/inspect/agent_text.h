#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/terminal/output.h"

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

// What nodes have of a kind, "flows", "ports" or "pods": `nodes` is {NODE: answer to GET
// /v1/KIND}; with a column for the node if there are more than one; `wide` shows more columns.
struct Item {
  std::string key;   // by which it is the same as one that was there before
  std::string name;  // as kubectl's -o name: "pod/web-1"; empty: it has none
  std::vector<std::string> row;
  std::string state;  // of the row what is no counter
};
std::vector<std::string> HeaderOf(const std::string& kind, bool with_node, bool wide);
std::vector<Item> ItemsIn(const std::string& kind, const boost::json::object& nodes, bool with_node,
                          bool wide);

// The same as a table.
Text ToTableText(const std::string& kind, const boost::json::object& nodes, bool wide);

}  // namespace kvs::cli
