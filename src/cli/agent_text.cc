#include "cli/agent_text.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <string_view>
#include <vector>

namespace kvs::cli {
namespace {

namespace json = boost::json;

// A field as text, whatever its type; "" if it isn't there. `path` is "network.mtu".
std::string Text(const json::value& value, std::string_view path) {
  const json::value* at = &value;
  while (!path.empty()) {
    const auto dot = path.find('.');
    const auto* fields = at->if_object();
    at = fields ? fields->if_contains(path.substr(0, dot)) : nullptr;
    if (!at) return "";
    path = dot == std::string_view::npos ? "" : path.substr(dot + 1);
  }
  if (at->is_string()) return std::string(at->get_string());
  if (!at->is_array()) return json::serialize(*at);
  std::string list;
  for (const auto& item : at->get_array()) {
    const std::string text =
        item.is_string() ? std::string(item.get_string()) : json::serialize(item);
    list += (list.empty() ? "" : ",") + text;
  }
  return list;
}

Result<json::value> Parse(const std::string& answer) {
  boost::system::error_code error;
  auto value = json::parse(answer, error);
  if (error || !value.is_object())
    return Fail("the agent's answer is not understood; is it of this version of kvs?");
  return value;
}

std::string Plural(const std::string& count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == "1" ? "" : "s");
}

std::string Problems(const json::value& status, const Paint& paint) {
  const auto* problems = status.get_object().if_contains("problems");
  std::string text;
  if (!problems || !problems->is_array()) return text;
  for (const auto& problem : problems->get_array())
    text += fmt::format("  {} {}: {}\n", paint.Strong(Text(problem, "object")),
                        Text(problem, "field"), Text(problem, "message"));
  return text;
}

struct Column {
  const char* title;
  const char* path;
  bool only_wide = false;
};

std::vector<Column> ColumnsOf(const std::string& kind) {
  if (kind == "flows")
    return {{"TABLE", "tableName"},     {"PRIORITY", "priority"}, {"PACKETS", "packets"},
            {"BYTES", "bytes", true},   {"RULE", "owner.rule"},   {"OBJECT", "owner.object"},
            {"COOKIE", "cookie", true}, {"MATCH", "match"},       {"ACTIONS", "actions", true}};
  if (kind == "ports")
    return {{"PORT", "name"},        {"NUMBER", "ofport"}, {"POD", "pod"},
            {"ADDRESSES", "ips"},    {"MAC", "mac", true}, {"CONTAINER", "container", true},
            {"REALIZED", "realized"}};
  return {{"POD", "pod"}, {"NODE", "node"}, {"PORT", "port"}, {"ADDRESSES", "ips"}};
}

}  // namespace

Result<StatusText> ToStatusText(const std::string& answer, const Paint& paint) {
  const auto status = Parse(answer);
  if (!status) return tl::unexpected<Error>(status.error());
  StatusText shown{.healthy = Text(*status, "ready") == "true"};
  const std::string problems = Problems(*status, paint);
  shown.text = fmt::format("{}  {}\n", Text(*status, "node"),
                           shown.healthy      ? paint.Good("OK")
                           : problems.empty() ? paint.Bad("NOT READY, starting")
                                              : paint.Bad("NOT OK"));
  shown.text += problems;
  if (Text(*status, "switch").empty()) return shown;  // uninstalled
  const auto line = [&](std::string_view what, const std::string& text) {
    shown.text += fmt::format("  {:<9} {}\n", what, text);
  };
  if (!Text(*status, "network").empty()) {
    line("overlay",
         fmt::format("{}, MTU {}", Text(*status, "network.overlay"), Text(*status, "network.mtu")));
    line("pods",
         fmt::format("{} here, from {}; gateways {}", Text(*status, "pods"),
                     Text(*status, "network.podRanges"), Text(*status, "network.gateways")));
  }
  line("cluster", fmt::format("{}, pods from {}", Plural(Text(*status, "nodes"), "node"),
                              Text(*status, "network.clusterRanges")));
  line("switch",
       fmt::format("OVS {} ({}), {} {}, {} repaired", Text(*status, "switch.ovsVersion"),
                   Text(*status, "network.datapath"), Plural(Text(*status, "switch.flows"), "flow"),
                   Text(*status, "switch.synced") == "true" ? "in sync" : "NOT in sync",
                   Text(*status, "switch.repairs")));
  return shown;
}

Result<std::string> ToTableText(const std::string& kind, const std::string& answer, bool wide) {
  const auto value = Parse(answer);
  if (!value) return tl::unexpected<Error>(value.error());
  const auto* items = value->get_object().if_contains(kind);
  if (!items || !items->is_array())
    return Fail("the agent's answer has no {}; is it of this version of kvs?", kind);
  std::vector<Column> columns = ColumnsOf(kind);
  std::erase_if(columns, [wide](const Column& column) { return column.only_wide && !wide; });
  std::vector<std::string> header;
  header.reserve(columns.size());
  for (const auto& column : columns) header.emplace_back(column.title);
  TextTable table(std::move(header));
  for (const auto& item : items->get_array()) {
    std::vector<std::string> row;
    row.reserve(columns.size());
    for (const auto& column : columns) row.push_back(Text(item, column.path));
    table.Add(std::move(row));
  }
  return table.ToString();
}

std::map<std::string, std::string> FlowOwners(const std::string& answer) {
  std::map<std::string, std::string> owners;
  const auto value = Parse(answer);
  const auto* flows = value ? value->get_object().if_contains("flows") : nullptr;
  if (!flows || !flows->is_array()) return owners;
  for (const auto& flow : flows->get_array()) {
    const std::string rule = Text(flow, "owner.rule"), object = Text(flow, "owner.object");
    if (!rule.empty())
      owners[Text(flow, "cookie")] = object.empty() ? rule : fmt::format("{} of {}", rule, object);
  }
  return owners;
}

}  // namespace kvs::cli
