#include "cli/inspect/agent_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <string_view>
#include <vector>

#include "cli/terminal/json_at.h"

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
  bool is_counter = false;
};

std::vector<Column> ColumnsOf(const std::string& kind) {
  if (kind == "flows")
    return {{"TABLE", "/tableName"},
            {"PRIORITY", "/priority"},
            {"PACKETS", "/packets", false, true},
            {"BYTES", "/bytes", true, true},
            {"RULE", "/owner/rule"},
            {"OBJECT", "/owner/object"},
            {"COOKIE", "/cookie", true},
            {"MATCH", "/match"},
            {"ACTIONS", "/actions", true}};
  if (kind == "ports")
    return {{"PORT", "/name"},        {"NUMBER", "/ofport"}, {"POD", "/pod"},
            {"ADDRESSES", "/ips"},    {"MAC", "/mac", true}, {"CONTAINER", "/container", true},
            {"REALIZED", "/realized"}};
  return {{"POD", "/pod"}, {"NODE", "/node"}, {"PORT", "/port"}, {"ADDRESSES", "/ips"}};
}

// A pod with several interfaces has several items. A flow is identified by its node, table,
// priority and match.
std::string KeyOf(const std::string& kind, std::string_view node, const json::value& item) {
  std::vector<const char*> pointers = {"/table", "/priority", "/match"};
  if (kind == "ports") pointers = {"/name"};
  if (kind == "pods") pointers = {"/pod", "/port"};
  std::string key(node);
  for (const char* pointer : pointers) key += '\n' + TextAt(item, pointer);
  return key;
}

std::string NameOf(const std::string& kind, const json::value& item) {
  if (kind == "ports") return "port/" + TextAt(item, "/name");
  const std::string pod = TextAt(item, "/pod");
  return kind == "pods" ? "pod/" + pod.substr(pod.find('/') + 1) : "";
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

std::vector<std::string> HeaderOf(const std::string& kind, bool with_node, bool wide) {
  std::vector<std::string> header;
  if (with_node && kind != "pods") header.emplace_back("NODE");  // which have it anyway
  for (const Column& column : ColumnsOf(kind))
    if (wide || !column.only_wide) header.emplace_back(column.title);
  return header;
}

std::vector<Item> ItemsIn(const std::string& kind, const json::object& nodes, bool with_node,
                          bool wide) {
  const std::vector<Column> columns = ColumnsOf(kind);
  std::vector<Item> items;
  for (const auto& [node, answer] : nodes)
    for (const auto& value : ListAt(answer, "/" + kind)) {
      Item& item = items.emplace_back(Item{
          .key = KeyOf(kind, node, value), .name = NameOf(kind, value), .row = {}, .state = ""});
      if (with_node && kind != "pods") item.row.emplace_back(std::string_view(node));
      for (const Column& column : columns) {
        const std::string field = TextAt(value, column.pointer);
        if (!column.is_counter) item.state += field + '\n';
        if (wide || !column.only_wide) item.row.push_back(field);
      }
    }
  return items;
}

Text ToTableText(const std::string& kind, const json::object& nodes, bool wide) {
  const bool with_node = nodes.size() > 1;
  TextTable table(HeaderOf(kind, with_node, wide));
  for (const Item& item : ItemsIn(kind, nodes, with_node, wide)) table.Add(item.row);
  return table.ToText();
}

}  // namespace kvs::cli
