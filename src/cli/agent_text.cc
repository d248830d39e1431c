#include "cli/agent_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <string_view>
#include <vector>

#include "cli/json_at.h"

namespace kvs::cli {
namespace {

namespace json = boost::json;

std::string Plural(const std::string& count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == "1" ? "" : "s");
}

struct Column {
  const char* title;
  const char* pointer;
  bool only_wide = false;
};

std::vector<Column> ColumnsOf(const std::string& kind) {
  if (kind == "flows")
    return {{"TABLE", "/tableName"},     {"PRIORITY", "/priority"}, {"PACKETS", "/packets"},
            {"BYTES", "/bytes", true},   {"RULE", "/owner/rule"},   {"OBJECT", "/owner/object"},
            {"COOKIE", "/cookie", true}, {"MATCH", "/match"},       {"ACTIONS", "/actions", true}};
  if (kind == "ports")
    return {{"PORT", "/name"},        {"NUMBER", "/ofport"}, {"POD", "/pod"},
            {"ADDRESSES", "/ips"},    {"MAC", "/mac", true}, {"CONTAINER", "/container", true},
            {"REALIZED", "/realized"}};
  return {{"POD", "/pod"}, {"NODE", "/node"}, {"PORT", "/port"}, {"ADDRESSES", "/ips"}};
}

Text ProblemsText(const json::array& problems, const Paint& paint, std::string& first) {
  Text text;
  for (size_t i = 0; i < std::min(problems.size(), kMostProblems); ++i) {
    const json::value& problem = problems[i];
    const std::string object = TextAt(problem, "/object");
    const std::string what =
        fmt::format(" {}: {}", TextAt(problem, "/field"), TextAt(problem, "/message"));
    if (text.empty()) first = object + what;
    text += Text::Format("  {}{}\n", paint.Strong(object), what);
  }
  if (problems.size() > kMostProblems)
    text += Text::Format("  {}\n", MoreProblems(problems.size() - kMostProblems));
  return text;
}

}  // namespace

Result<StatusText> ToStatusText(const std::string& answer, const Paint& paint) {
  const auto status = ParseObject(answer, "the agent");
  if (!status) return tl::unexpected<Error>(status.error());
  StatusText shown{.healthy = TextAt(*status, "/ready") == "true"};
  const Text problems = ProblemsText(ListAt(*status, "/problems"), paint, shown.problem);
  shown.text = Text::Format("{}  {}\n", TextAt(*status, "/node"),
                            shown.healthy      ? paint.Good("OK")
                            : problems.empty() ? paint.Bad("NOT READY, starting")
                                               : paint.Bad("NOT OK"));
  shown.text += problems;
  if (TextAt(*status, "/switch").empty()) return shown;  // uninstalled
  const auto line = [&](std::string_view what, const std::string& text) {
    shown.text += Text::Format("  {:<9} {}\n", what, text);
  };
  if (!TextAt(*status, "/network").empty()) {
    line("overlay", fmt::format("{}, MTU {}", TextAt(*status, "/network/overlay"),
                                TextAt(*status, "/network/mtu")));
    line("pods",
         fmt::format("{} here, from {}; gateways {}", TextAt(*status, "/pods"),
                     TextAt(*status, "/network/podRanges"), TextAt(*status, "/network/gateways")));
  }
  line("cluster", fmt::format("{}, pods from {}", Plural(TextAt(*status, "/nodes"), "node"),
                              TextAt(*status, "/network/clusterRanges")));
  line("switch",
       fmt::format("OVS {} ({}), {} {}, {} repaired", TextAt(*status, "/switch/ovsVersion"),
                   TextAt(*status, "/network/datapath"),
                   Plural(TextAt(*status, "/switch/flows"), "flow"),
                   TextAt(*status, "/switch/synced") == "true" ? "in sync" : "NOT in sync",
                   TextAt(*status, "/switch/repairs")));
  if (const std::string note = TextAt(*status, "/network/datapathNote"); !note.empty())
    line("datapath", note);
  if (const std::string note = TextAt(*status, "/cniNote"); !note.empty()) line("CNI", note);
  return shown;
}

std::string MoreProblems(size_t count) {
  return fmt::format("and {} more; all: kvs status -o json", count);
}

Text ToTableText(const std::string& kind, const json::object& nodes, bool wide) {
  std::vector<Column> columns = ColumnsOf(kind);
  std::erase_if(columns, [wide](const Column& column) { return column.only_wide && !wide; });
  const bool with_node = nodes.size() > 1 && kind != "pods";  // which have it anyway
  std::vector<std::string> header;
  if (with_node) header.emplace_back("NODE");
  for (const auto& column : columns) header.emplace_back(column.title);
  TextTable table(header);
  for (const auto& [node, answer] : nodes)
    for (const auto& item : ListAt(answer, "/" + kind)) {
      std::vector<std::string> row;
      if (with_node) row.emplace_back(std::string_view(node));
      for (const auto& column : columns) row.emplace_back(TextAt(item, column.pointer));
      table.Add(row);
    }
  return table.ToText();
}

}  // namespace kvs::cli
