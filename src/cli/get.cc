#include "cli/get.h"

#include <algorithm>
#include <boost/json.hpp>

#include "cli/agent_text.h"
#include "cli/json_at.h"
#include "cli/output.h"

namespace kvs::cli {
namespace {

namespace json = boost::json;

// Whether `object`, "NAMESPACE/NAME" of a pod, is of those that are asked for. What belongs to no
// pod is not, if any is asked for.
bool IsWanted(const std::string& pod, const GetArguments& arguments) {
  if (arguments.pod.empty())
    return arguments.space.empty() || pod.starts_with(arguments.space + "/");
  if (arguments.pod.find('/') != std::string::npos) return pod == arguments.pod;
  return pod == (arguments.space.empty() ? "default" : arguments.space) + "/" + arguments.pod;
}

// Of an item that an agent has: "shop/web-1"; empty: of none.
std::string PodOf(const json::value& item) {
  const std::string object = TextAt(item, "/owner/object");
  return object.starts_with("Pod/") ? object.substr(4) : TextAt(item, "/pod");
}

Result<json::value> Ask(const Result<Answer>& answer, const GetArguments& arguments) {
  if (!answer) return tl::unexpected<Error>(answer.error());
  if (answer->status != 200)
    return Fail("its agent says: {}", answer->body.substr(0, answer->body.find('\n')));
  auto value = ParseObject(answer->body, "its agent");
  if (!value) return value;
  json::value* items = value->get_object().if_contains(arguments.kind);
  if (items == nullptr || !items->is_array())
    return Fail("the answer of its agent has no {}; is it of this version of kvs?", arguments.kind);
  json::array wanted;
  for (json::value& item : items->get_array())
    if (IsWanted(PodOf(item), arguments)) wanted.push_back(std::move(item));
  *items = std::move(wanted);
  return value;
}

}  // namespace

ExitCode ShowItems(const GetArguments& arguments) {
  const auto agents = Agents::Find(arguments.where);
  if (!agents) {
    PrintError(agents.error().message);
    return kUnreachable;
  }
  json::object nodes;
  for (const auto& [node, answer] : agents->AskAll("/v1/" + arguments.kind)) {
    const auto said = Ask(answer, arguments);
    if (said)
      nodes[node] = *said;
    else
      PrintError(node + ": " + said.error().message);
  }
  if (nodes.empty() && !agents->nodes().empty()) return kUnreachable;
  const ExitCode code = nodes.size() == agents->nodes().size() ? kOk : kFailed;
  if (arguments.output != "json")
    Print("{}", ToTableText(arguments.kind, nodes, arguments.output == "wide"));
  else if (agents->all())
    Print("{}", JsonText(json::object{{"nodes", std::move(nodes)}}));
  else
    Print("{}", JsonText(nodes.begin()->value()));
  return code;
}

}  // namespace kvs::cli
