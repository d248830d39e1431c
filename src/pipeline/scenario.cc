#include "pipeline/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <optional>
#include <sstream>

#include "pipeline/describe.h"
#include "pipeline/mark_layout.h"
#include "pipeline/others.h"

namespace kvs::pipeline {
namespace {

using Setters = std::map<std::string, std::function<Result<>(std::string_view)>, std::less<>>;

template <class T>
auto Text(T& target) {
  return [&](std::string_view text) -> Result<> {
    target = text;
    return {};
  };
}
template <class T>
auto Number(T& target) {
  return [&](std::string_view text) -> Result<> {
    if (std::from_chars(text.data(), text.data() + text.size(), target).ec != std::errc{})
      return Fail("\"{}\" is no number", text);
    return {};
  };
}
auto Pod(NamespacedName& target) {
  return [&](std::string_view text) -> Result<> {
    target = NamespacedName::Parse(text);
    return {};
  };
}
auto Flag(bool& target) {
  return [&](std::string_view text) -> Result<> {
    target = text == "yes";
    return {};
  };
}
template <class T, class Parse>
auto Parsed(T& target, Parse parse) {
  return [&target, parse](std::string_view text) -> Result<> {
    auto value = parse(text);
    if (!value) return tl::unexpected(value.error());
    target = *std::move(value);
    return {};
  };
}

Result<world::Overlay> ParseOverlay(std::string_view text) {
  using enum world::Overlay;
  static const std::map<std::string_view, world::Overlay> kByName = {
      {"none", kNone}, {"vxlan", kVxlan}, {"gre", kGre}, {"geneve", kGeneve}};
  const auto it = kByName.find(text);
  if (it == kByName.end()) return Fail("\"{}\" is no overlay", text);
  return it->second;
}

Setters SettersOf(world::Self& self) {
  return {{"node", Text(self.node)},
          {"local_mac", Parsed(self.local_mac, Mac::Parse)},
          {"pod_ranges", Parsed(self.pod_ranges, ParsePrefixes)},
          {"gateways", Parsed(self.gateways, ParseIps)},
          {"snat", Parsed(self.snat, ParseIps)},
          {"deny_metadata", Flag(self.deny_metadata)},
          {"overlay", Parsed(self.overlay, ParseOverlay)},
          {"mtu", Number(self.mtu)}};
}
Setters SettersOf(world::Datapath& datapath) {
  return {{"netdev", Flag(datapath.netdev)},
          {"nd_flows", Flag(datapath.nd_flows)},
          {"overlay_port", Number(datapath.overlay_port)},
          {"tunnel_sources", Parsed(datapath.tunnel_sources, ParseIps)},
          {"mark_layouts", Parsed(datapath.mark_layouts, ParseMarkLayouts)}};
}
Setters SettersOf(world::ClusterRanges& ranges) {
  return {{"pods", Parsed(ranges.pods, ParsePrefixes)},
          {"services", Parsed(ranges.services, ParsePrefixes)}};
}
Setters SettersOf(world::NodeAddress&) { return {}; }
Setters SettersOf(world::Node& node) {
  return {{"pod_ranges", Parsed(node.pod_ranges, ParsePrefixes)},
          {"overlay_ips", Parsed(node.overlay_ips, ParseIps)}};
}
Setters SettersOf(world::Port& port) {
  return {{"ofport", Number(port.ofport)},
          {"mac", Parsed(port.mac, Mac::Parse)},
          {"ips", Parsed(port.ips, ParseIps)},
          {"pod", Pod(port.pod)},
          {"container", Text(port.container)}};
}
Setters SettersOf(world::CrowdedPort& port) {
  return {{"pod", Pod(port.pod)}, {"container", Text(port.container)}};
}

Result<> Fill(const Setters& setters, std::istringstream& words) {
  for (std::string word; words >> word;) {
    const size_t equals = std::min(word.find('='), word.size());
    const auto setter = setters.find(word.substr(0, equals));
    if (setter == setters.end()) return Fail("\"{}\": no such field", word);
    if (auto done =
            setter->second(std::string_view(word).substr(std::min(equals + 1, word.size())));
        !done)
      return Wrap(word, done.error());
  }
  return {};
}

// The row that is named so, and otherwise empty. A fact of which there is one has no name.
template <class Row>
Result<Row> Named(std::istringstream& words) {
  Row row;
  if constexpr (requires { row.name; }) {
    words >> row.name;
  } else if constexpr (requires { row.ip; }) {
    std::string name;
    words >> name;
    auto ip = Ip::Parse(name);
    if (!ip) return tl::unexpected(ip.error());
    row.ip = *ip;
  }
  return row;
}

template <class Row>
Result<> ChangeRow(engine::Table<Row>& table, bool put, std::istringstream& words) {
  auto row = Named<Row>(words);
  if (!row) return tl::unexpected(row.error());
  if (!put) {
    table.Erase(row->key());
    return {};
  }
  if (auto done = Fill(SettersOf(*row), words); !done) return done;
  table.Put(*std::move(row));
  return {};
}

std::string Print(const flow::Flow& flow) { return Describe(flow); }
std::string Print(const flow::FlowKey& key) {
  flow::Flow flow;
  flow.key = key;
  const std::string text = Describe(flow);
  return text.substr(0, text.rfind(" actions="));
}
// A flow of OtherThan() (others.h), without the bits that it tells by: those of one field are one
// line.
std::optional<std::string> PrintOthers(const flow::Flow& flow) {
  const auto field = FieldOfOthers(flow.key.priority);
  if (!field) return std::nullopt;
  flow::Match rest;
  flow.key.match.ForEach([&](const flow::Match::Item& item) {
    if (item.field != *field) rest.Set(item.field, item.value, item.mask);
  });
  return fmt::format("{} {}{}any other {} actions={}", NameOfTable(flow.key.table), Describe(rest),
                     rest.empty() ? "" : " with ", flow::InfoOf(*field).set_name,
                     NameTables(flow::ToString(flow.actions)));
}
void AddOnce(std::vector<std::string>& lines, std::string line) {
  if (std::ranges::find(lines, line) == lines.end()) lines.push_back(std::move(line));
}

std::string Print(const flow::Meter& meter) { return meter.ToString(); }
std::string Print(const HostAddress& item) { return "host-address " + item.prefix.ToString(); }
std::string Print(const HostRoute& item) {
  return fmt::format("host-route {} via {}{}{}", item.dst, item.via,
                     item.src ? fmt::format(" src {}", *item.src) : "",
                     item.link == HostRoute::Link::kBridge ? " on the bridge" : "");
}
std::string Print(const HostNeighbour& item) {
  return fmt::format("host-neighbour {} {}", item.ip, item.mac);
}
std::string Print(const TunnelPort& item) {
  std::string text = fmt::format("tunnel-port {} {} ofport={}", item.name, item.type, item.ofport);
  for (const auto& [key, value] : item.options) text += fmt::format(" {}={}", key, value);
  return text;
}
std::string Print(const HostLink& item) {
  return "host-link " + item.name + (item.alias.empty() ? "" : " alias=" + item.alias);
}
std::string Print(const KernelSetting& item) {
  return fmt::format("kernel-setting {}={}", item.path, item.value);
}
std::string Print(const IngressDrop& item) { return "ingress-drop " + item.device; }
std::string Print(const AddressSetMember& item) {
  static constexpr const char* kSets[] = {"masqueraded", "cluster", "guarded", "tunnel-end",
                                          "denied"};
  return fmt::format("{} {}", kSets[static_cast<int>(item.set)], item.prefix);
}

// What goes, then what comes. Flows in packet order, the first to match first; the rest by its id.
template <class Item>
void PrintDelta(engine::Cursor<Item>& cursor, std::string_view kind,
                std::vector<std::string>& lines) {
  const auto delta = cursor.Take();
  std::vector<const Item*> put;
  for (const auto& change : delta.changes) {
    if (change.now != nullptr) {
      put.push_back(change.now);
    } else if constexpr (std::is_same_v<Item, flow::Flow>) {
      AddOnce(lines, "- " + PrintOthers({.key = change.id()}).value_or(Print(change.id())));
    } else {
      lines.push_back(fmt::format("- {} {}", kind, change.id()));
    }
  }
  if constexpr (std::is_same_v<Item, flow::Flow>)
    std::ranges::stable_sort(put, {}, [](const flow::Flow* flow) {
      return std::pair(flow->key.table, -flow->key.priority);
    });
  for (const Item* item : put) {
    if constexpr (std::is_same_v<Item, flow::Flow>) {
      if (const auto others = PrintOthers(*item)) {
        AddOnce(lines, "+ " + *others);
        continue;
      }
    }
    lines.push_back("+ " + Print(*item));
  }
}

}  // namespace

std::vector<ScenarioStep> ParseScenario(std::string_view text) {
  std::vector<ScenarioStep> steps(1);
  bool expected = false;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) {
      if (expected) steps.emplace_back();
      expected = false;
    } else if (line == "----") {
      expected = true;
    } else if (expected) {
      steps.back().expected.push_back(line);
    } else if (line[0] == '#') {
      steps.back().comments.push_back(line);
    } else {
      steps.back().changes.push_back(line);
    }
  }
  if (steps.back().changes.empty() && !expected) steps.pop_back();
  return steps;
}

std::string PrintScenario(const std::vector<ScenarioStep>& steps) {
  std::string text;
  for (const ScenarioStep& step : steps) {
    if (!text.empty()) text += "\n";
    for (const auto& line : step.comments) text += line + "\n";
    for (const auto& line : step.changes) text += line + "\n";
    text += "----\n";
    for (const auto& line : step.expected) text += line + "\n";
  }
  return text;
}

Result<> Change(world::World& world, std::string_view line) {
  std::istringstream words{std::string(line)};
  std::string verb, kind;
  words >> verb >> kind;
  if (verb != "put" && verb != "erase") return Fail("\"{}\": neither put nor erase", line);
  std::optional<Result<>> done;
  world.ForEachTable([&]<class Row>(engine::Table<Row>& table) {
    if (kind == Row::kKind) done = ChangeRow(table, verb == "put", words);
  });
  if (!done) return Fail("\"{}\": there is no kind of fact {}", line, kind);
  return *done;
}

std::vector<std::string> DeltaText::Run() {
  Engine& engine = pipeline_.engine();
  const uint64_t before = engine.work().fragments_run;
  engine.Run();
  std::vector<std::string> lines{
      fmt::format("work {} fragments", engine.work().fragments_run - before)};
  PrintDelta<flow::Flow>(cursors_, "flow", lines);
  PrintDelta<flow::Meter>(cursors_, "meter", lines);
  PrintDelta<HostLink>(cursors_, "host-link", lines);
  PrintDelta<HostAddress>(cursors_, "host-address", lines);
  PrintDelta<HostRoute>(cursors_, "host-route", lines);
  PrintDelta<HostNeighbour>(cursors_, "host-neighbour", lines);
  PrintDelta<KernelSetting>(cursors_, "kernel-setting", lines);
  PrintDelta<TunnelPort>(cursors_, "tunnel-port", lines);
  PrintDelta<IngressDrop>(cursors_, "ingress-drop", lines);
  PrintDelta<AddressSetMember>(cursors_, "set", lines);
  for (const Problem& problem : pipeline_.Problems()) lines.push_back("! " + problem.ToString());
  return lines;
}

}  // namespace kvs::pipeline
