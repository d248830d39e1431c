#include "cli/inspect/status.h"

#include <boost/json.hpp>
#include <thread>

#include "cli/inspect/agent_text.h"
#include "cli/inspect/cluster_status.h"
#include "cli/terminal/json_at.h"
#include "cli/terminal/output.h"

namespace kvs::cli {
namespace {

StatusText ToShown(const boost::json::value& status, bool json) {
  return {.text = json ? JsonText(status) : ToText(status, Paint()),
          .healthy = TextAt(status, "/ok") == "true",
          .problem = FirstProblem(status)};
}

// An Error if there is no answer.
Result<StatusText> Look(const StatusArguments& arguments) {
  const auto agents = Agents::Find(arguments.where);
  if (!agents) return tl::unexpected<Error>(agents.error());
  if (agents->all()) return ToShown(StatusOf(*agents), arguments.json);
  const std::string& node = agents->nodes().front();
  const auto answer = agents->Ask(node, "/v1/status");
  if (!answer) return Wrap(node, answer.error());
  auto shown = ToStatusText(answer->body, Paint());
  if (shown && arguments.json) shown->text = JsonText(*ParseObject(answer->body, "the agent"));
  return shown;
}

}  // namespace

ExitCode ShowStatus(const StatusArguments& arguments) {
  const auto end = std::chrono::steady_clock::now() + arguments.wait;
  std::string told;
  for (;;) {
    const auto look = Look(arguments);
    const bool last = std::chrono::steady_clock::now() >= end || (look && look->healthy);
    if (last && look) Print("{}", look->text);
    if (last && !look) PrintError(look.error().message);
    if (last) return !look ? kUnreachable : look->healthy ? kOk : kFailed;
    const std::string problem = look ? look->problem : look.error().message;
    if (problem != told) Print(stderr, "waiting: {}\n", problem);
    told = problem;
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

}  // namespace kvs::cli
