#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/terminal/output.h"

// An agent's answers (agent/api.h) as text for people. Errors: the answer has an unexpected form,
// because the versions of kvs and agent differ.
namespace kvs::cli {

struct StatusText {
  Text text;
  bool healthy = false;
  std::string problem;  // the first one; empty if there is none
};
// GET /v1/status: the most fundamental problem comes first.
Result<StatusText> ToStatusText(const std::string& answer, const Paint& paint);

// At most this many of a node's problems are shown, then "`count` more".
inline constexpr size_t kMostProblems = 20;
std::string MoreProblems(size_t count);

// The items of a kind, "flows", "ports" or "pods": `nodes` is {NODE: answer to GET /v1/KIND}. There
// is a column for the node if there are several; `wide` shows more columns.
struct Item {
  std::string key;   // identifies the item in later answers
  std::string name;  // as kubectl's -o name: "pod/web-1"; empty: it has none
  std::vector<std::string> row;
  std::string state;  // the row without counters
};
std::vector<std::string> HeaderOf(const std::string& kind, bool with_node, bool wide);
std::vector<Item> ItemsIn(const std::string& kind, const boost::json::object& nodes, bool with_node,
                          bool wide);

// The same as a table.
Text ToTableText(const std::string& kind, const boost::json::object& nodes, bool wide);

}  // namespace kvs::cli
