#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>

#include "cli/inspect/agent_text.h"
#include "cli/inspect/cluster_status.h"
#include "cli/terminal/json_at.h"

namespace kvs::cli {
namespace {

namespace json = boost::json;

std::string Nodes(size_t count) { return fmt::format("{} node{}", count, count == 1 ? "" : "s"); }

// The nodes' common value: "0.1.0"; else "0.1.0 (2 nodes), 0.2.0 (1 node)". `text` returns "" for a
// node without a value.
std::string Common(const json::object& nodes, std::string (*text)(const json::value& node)) {
  std::map<std::string, size_t> counts;
  for (const auto& [name, node] : nodes)
    if (const std::string said = text(node); !said.empty()) ++counts[said];
  std::string all;
  for (const auto& [said, count] : counts)
    all += (all.empty() ? "" : ", ") + said +
           (counts.size() == 1 ? "" : fmt::format(" ({})", Nodes(count)));
  return all;
}

int64_t Sum(const json::object& nodes, std::string_view pointer) {
  int64_t sum = 0;
  for (const auto& [name, node] : nodes) sum += NumberAt(node, pointer);
  return sum;
}

std::string VersionOf(const json::value& node) { return TextAt(node, "/version"); }

std::string OverlayOf(const json::value& node) {
  const std::string overlay = TextAt(node, "/network/overlay");
  return overlay.empty() ? "" : fmt::format("{}, MTU {}", overlay, TextAt(node, "/network/mtu"));
}

std::string SwitchOf(const json::value& node) {
  const std::string version = TextAt(node, "/switch/ovsVersion");
  const std::string datapath = TextAt(node, "/network/datapath");
  return version.empty() ? "" : fmt::format("OVS {} ({})", version, datapath);
}

std::string DatapathNoteOf(const json::value& node) {
  return TextAt(node, "/network/datapathNote");
}

std::string CniNoteOf(const json::value& node) { return TextAt(node, "/cniNote"); }

// Whether the agents themselves reported their repairs.
bool SaysRepairs(const json::object& nodes) {
  return std::ranges::any_of(
      nodes, [](const auto& node) { return At(node.value(), "/switch/repairs") != nullptr; });
}

std::string SyncedOf(const json::value& node) {
  const std::string synced = TextAt(node, "/switch/synced");
  return synced.empty() ? "" : synced == "true" ? "in sync" : "NOT in sync";
}

// A problem without its node, whose name is before it: "OVSDB connection: connection refused".
std::string What(const json::value& problem) {
  std::string text = Printable(fmt::format("{} {}: {}", TextAt(problem, "/object"),
                                           TextAt(problem, "/field"), TextAt(problem, "/message")),
                               Text::kMost);
  const std::string node = "/" + TextAt(problem, "/node");
  for (size_t at = text.find(node); node.size() > 1 && at != text.npos; at = text.find(node, at))
    if (const size_t end = at + node.size(); end == text.size() || text[end] == ' ')
      text.erase(at, node.size());
    else
      at = end;
  return text;
}

struct SameProblem {
  std::string what;
  std::vector<std::string> nodes;
};

// In their order. Problems that differ only in the suggested command are the same.
std::vector<SameProblem> Grouped(const json::array& problems) {
  std::vector<SameProblem> groups;
  std::map<std::string, size_t> endpoints;
  for (const json::value& problem : problems) {
    const std::string what = What(problem);
    const auto [endpoint, is_new] =
        endpoints.try_emplace(what.substr(0, what.find("; see: ")), groups.size());
    if (is_new) groups.push_back({.what = what, .nodes = {}});
    std::vector<std::string>& nodes = groups[endpoint->second].nodes;
    const std::string node = TextAt(problem, "/node");
    if (nodes.empty() || nodes.back() != node) nodes.push_back(node);
  }
  return groups;
}

Text Line(const SameProblem& problem, const Paint& paint) {
  if (problem.nodes.front().empty()) return Text::Format("  {}\n", problem.what);
  return Text::Format("  {}  {}\n", paint.Strong(FirstNames(problem.nodes)), problem.what);
}

// At most the limit for each node; a problem of several nodes counts for each.
Text Lines(const std::vector<SameProblem>& problems, const Paint& paint) {
  Text text;
  std::map<std::string, size_t> told, more;
  for (const SameProblem& problem : problems) {
    const bool room = std::ranges::any_of(
        problem.nodes, [&](const std::string& node) { return told[node] < kMostProblems; });
    if (room) text += Line(problem, paint);
    for (const std::string& node : problem.nodes) ++(room ? told : more)[node];
  }
  for (const auto& [node, count] : more)
    text += Line({.what = MoreProblems(count), .nodes = {node}}, paint);
  return text;
}

Text Figures(const json::value& status, const json::object& nodes) {
  const std::string kubernetes = TextAt(status, "/kubernetes");
  std::string what = "k-vswitch";
  if (const std::string version = Common(nodes, VersionOf); !version.empty()) what += " " + version;
  if (!kubernetes.empty()) what += ", Kubernetes " + kubernetes;
  Text text =
      Text::Format("  {}: {}, {} pods\n", what, Nodes(nodes.size()), TextAt(status, "/pods"));
  const auto line = [&](std::string_view name, const std::string& said) {
    if (!said.empty()) text += Text::Format("  {:<11} {}\n", name, said);
  };
  if (const json::value* controller = At(status, "/controller"); controller != nullptr)
    line("controller", fmt::format("{} of {} ready, {}", TextAt(*controller, "/ready"),
                                   TextAt(*controller, "/wanted"),
                                   TextAt(*controller, "/leader").empty()
                                       ? "no leader"
                                       : "leader " + TextAt(*controller, "/leader")));
  line("agents", fmt::format("{} of {} ready", TextAt(status, "/agents/ready"),
                             TextAt(status, "/agents/wanted")));
  line("overlay", Common(nodes, OverlayOf));
  line("switches", Common(nodes, SwitchOf));
  line("datapath", Common(nodes, DatapathNoteOf));
  line("CNI", Common(nodes, CniNoteOf));
  if (const std::string synced = Common(nodes, SyncedOf); !synced.empty())
    line("flows",
         fmt::format("{} {}", Sum(nodes, "/switch/flows"), synced) +
             (SaysRepairs(nodes) ? fmt::format(", {} repaired", Sum(nodes, "/switch/repairs"))
                                 : ""));
  line("note", TextAt(status, "/note"));
  return text;
}

}  // namespace

Text ToText(const json::value& status, const Paint& paint) {
  Text text = TextAt(status, "/ok") == "true" ? paint.Good("OK") : paint.Bad("NOT OK");
  if (const json::value* nodes = At(status, "/nodes"); nodes != nullptr)
    text += Figures(status, nodes->get_object());
  else
    text += Text::Format("\n");
  return text + Lines(Grouped(ListAt(status, "/problems")), paint);
}

std::string FirstProblem(const json::value& status) {
  const auto problems = Grouped(ListAt(status, "/problems"));
  if (problems.empty()) return "";
  const std::string line = Line(problems.front(), Paint(false)).string();
  return line.substr(2, line.size() - 3);
}

}  // namespace kvs::cli
