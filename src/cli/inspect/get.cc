#include "cli/inspect/get.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <map>
#include <set>
#include <sstream>
#include <vector>

#include "cli/inspect/agent_text.h"
#include "cli/terminal/json_at.h"
#include "cli/terminal/output.h"
#include "cli/terminal/yaml_text.h"

namespace kvs::cli {
namespace {

namespace json = boost::json;

// The filter by the flags.
struct Filter {
  std::string space, pod;
  bool by_labels = false;
  std::set<std::string> labelled;  // "shop/web-1"

  // Whether a pod, "NAMESPACE/NAME", passes. Items without a pod ("") pass only without a filter.
  bool Takes(const std::string& name) const {
    if (by_labels && !labelled.contains(name)) return false;
    if (pod.empty()) return space.empty() || name.starts_with(space + "/");
    if (pod.find('/') != std::string::npos) return name == pod;
    return name == (space.empty() ? "default" : space) + "/" + pod;
  }
};

// The nodes' items, and why others have none.
struct Found {
  bool of_one = false;  // that was named or is here
  json::object nodes;
  std::map<std::string, std::string> errors;

  ExitCode code() const {
    if (errors.empty()) return kOk;
    return nodes.empty() ? kUnreachable : kFailed;
  }
};

// Of an item that an agent has: "shop/web-1"; empty: of none.
std::string PodOf(const json::value& item) {
  const std::string object = TextAt(item, "/owner/object");
  return object.starts_with("Pod/") ? object.substr(4) : TextAt(item, "/pod");
}

Result<json::value> Ask(const Result<Answer>& answer, const std::string& kind,
                        const Filter& filter) {
  if (!answer) return tl::unexpected<Error>(answer.error());
  if (answer->status != 200)
    return Fail("its agent answered: {}", answer->body.substr(0, answer->body.find('\n')));
  auto value = ParseObject(answer->body, "its agent");
  if (!value) return value;
  json::value* items = value->get_object().if_contains(kind);
  if (items == nullptr || !items->is_array())
    return Fail("the answer of its agent has no {}; compare: kvs version", kind);
  json::array wanted;
  for (json::value& item : items->get_array())
    if (filter.Takes(PodOf(item))) wanted.push_back(std::move(item));
  *items = std::move(wanted);
  return value;
}

// Names of the pods that have these labels: "shop/web-1".
Result<std::set<std::string>> Labelled(const Kubectl& kubectl, const std::string& selector) {
  const auto list = kubectl.Ask(
      {"get", "pod", "-A", "-l", selector, "-o",
       R"(jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name}{"\n"}{end})"});
  if (!list) return tl::unexpected<Error>(list.error());
  std::set<std::string> names;
  std::istringstream lines(*list);
  for (std::string line; std::getline(lines, line);) names.insert(line);
  return names;
}

tl::expected<Found, Failure> Look(const GetArguments& arguments) {
  const auto agents = Agents::Find(arguments.where);
  if (!agents) return tl::unexpected(Failure{kUnreachable, agents.error().message});
  Filter filter{.space = arguments.space, .pod = arguments.pod, .labelled = {}};
  if (!arguments.selector.empty()) {
    if (agents->kubectl() == nullptr)
      return tl::unexpected(Failure{
          kUsage,
          "-l: an agent doesn't know labels; ask a cluster, with --context or --kubeconfig"});
    auto names = Labelled(*agents->kubectl(), arguments.selector);
    if (!names) return tl::unexpected(Failure{kUnreachable, names.error().message});
    filter.by_labels = true;
    filter.labelled = std::move(*names);
  }
  Found found{.of_one = !agents->all(), .nodes = {}, .errors = {}};
  for (const auto& [node, answer] : agents->AskAll("/v1/" + arguments.kind)) {
    const auto said = Ask(answer, arguments.kind, filter);
    if (said)
      found.nodes[node] = *said;
    else
      found.errors[node] = said.error().message;
  }
  return found;
}

void PrintErrors(const std::map<std::string, std::string>& errors) {
  std::map<std::string, std::vector<std::string>> nodes;
  for (const auto& [node, message] : errors) nodes[message].push_back(node);
  for (const auto& [message, with] : nodes) PrintError(FirstNames(with) + ": " + message);
}

void PrintItems(Found found, const GetArguments& arguments) {
  const bool wide = arguments.output == "wide";
  if (arguments.output == "name") {
    for (const Item& item : ItemsIn(arguments.kind, found.nodes, false, false))
      Print("{}\n", item.name);
    return;
  }
  if (arguments.output != "json" && arguments.output != "yaml")
    return Print("{}", ToTableText(arguments.kind, found.nodes, wide));
  const json::value value = found.of_one
                                ? found.nodes.begin()->value()
                                : json::value(json::object{{"nodes", std::move(found.nodes)}});
  Print("{}", arguments.output == "json" ? JsonText(value) : YamlText(value));
}

// The changes since the last look.
class Changes {
 public:
  Changes(const GetArguments& arguments, bool with_node)
      : kind_(arguments.kind),
        with_node_(with_node),
        wide_(arguments.output == "wide"),
        table_(Behind("EVENT", HeaderOf(kind_, with_node_, wide_))) {}

  // A node without an answer has no changes.
  void PrintSince(const Found& found) {
    for (const auto& [node, answer] : found.nodes) {
      std::map<std::string, Item> now;
      for (Item& item : ItemsIn(kind_, {{node, answer}}, with_node_, wide_))
        now[item.key] = std::move(item);
      std::map<std::string, Item>& before = nodes_[node];
      for (const auto& [key, item] : before)
        if (!now.contains(key)) table_.Add(Behind("DELETED", item.row));
      for (const auto& [key, item] : now)
        if (const auto old = before.find(key); old == before.end())
          table_.Add(Behind("ADDED", item.row));
        else if (old->second.state != item.state)
          table_.Add(Behind("MODIFIED", item.row));
      before = std::move(now);
    }
    Print("{}", table_.TakeNew());
    if (errors_ != found.errors) PrintErrors(found.errors);
    errors_ = found.errors;
    std::fflush(stdout);
  }

 private:
  static std::vector<std::string> Behind(const char* event, std::vector<std::string> row) {
    row.insert(row.begin(), event);
    return row;
  }

  const std::string kind_;
  const bool with_node_, wide_;
  TextTable table_;
  std::map<std::string, std::map<std::string, Item>> nodes_;
  std::map<std::string, std::string> errors_;
};

}  // namespace

ExitCode ShowItems(const GetArguments& arguments) {
  if (arguments.output == "name" && arguments.kind == "flows") {
    PrintError("-o name: flows have no names; -o wide shows their cookies");
    return kUsage;
  }
  auto found = Look(arguments);
  if (!found) {
    PrintError(found.error().message);
    return found.error().code;
  }
  const ExitCode code = found->code();
  if (!arguments.wait) {
    PrintErrors(found->errors);
    if (code != kUnreachable) PrintItems(std::move(*found), arguments);
    return code;
  }
  Changes changes(arguments, !found->of_one);
  changes.PrintSince(*found);
  while (arguments.wait()) {
    found = Look(arguments);
    if (found)
      changes.PrintSince(*found);
    else
      PrintError(found.error().message);
  }
  return found ? found->code() : found.error().code;
}

}  // namespace kvs::cli
