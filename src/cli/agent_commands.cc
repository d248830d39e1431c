#include "cli/agent_commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/agent_client.h"
#include "cli/agent_text.h"
#include "cli/agents.h"
#include "cli/exit_code.h"
#include "cli/output.h"

namespace kvs::cli {
namespace {

struct AgentArguments {
  Where where;
  std::string output = "table";
  std::string kind;
};

std::shared_ptr<AgentArguments> WithAgents(CLI::App& command) {
  auto arguments = std::make_shared<AgentArguments>();
  AddWhereFlags(command, arguments->where);
  command.add_option("-o,--output", arguments->output, "table, wide or json")
      ->check(CLI::IsMember({"table", "wide", "json"}))
      ->capture_default_str();
  return arguments;
}

int Fails(const Error& error, ExitCode code) {
  PrintError(error.message);
  return code;
}

int Status(const AgentArguments& arguments) {
  const auto agents = Agents::Find(arguments.where);
  if (!agents) return Fails(agents.error(), kUnreachable);
  int code = kOk;
  for (const auto& [node, answer] : agents->AskAll("/v1/status")) {
    const auto shown = answer ? ToStatusText(answer->body, Paint())
                              : Result<StatusText>(tl::unexpected<Error>(answer.error()));
    if (!shown) code = Fails({node + ": " + shown.error().message}, kFailed);
    if (!shown) continue;
    fmt::print("{}", arguments.output == "json" ? answer->body : shown->text);
    if (!shown->healthy) code = kFailed;
  }
  return code;
}

int Get(const AgentArguments& arguments) {
  const auto agents = Agents::Find(arguments.where);
  if (!agents) return Fails(agents.error(), kUnreachable);
  int code = kOk;
  for (const auto& [node, answer] : agents->AskAll("/v1/" + arguments.kind)) {
    if (!answer || answer->status != 200) {
      code = Fails({node + ": " + (answer ? answer->body : answer.error().message)}, kFailed);
      continue;
    }
    const auto table = ToTableText(arguments.kind, answer->body, arguments.output == "wide");
    if (!table) code = Fails(table.error(), kFailed);
    if (table) fmt::print("{}", arguments.output == "json" ? answer->body : *table);
  }
  return code;
}

int AskHere(const std::string& socket, const std::string& path, const std::string& method) {
  const auto answer = AskAgent(socket, path, method);
  if (!answer) return Fails(answer.error(), kUnreachable);
  fmt::print("{}", answer->ToWire());
  return answer->status == 200 ? kOk : kFailed;
}

// What another kvs runs in an agent's pod (agents.h); not for people.
void AddAsk(CLI::App& app, int& code) {
  struct Arguments {
    std::string socket = kAgentSocket, method = "GET", path;
  };
  const auto arguments = std::make_shared<Arguments>();
  auto* ask = app.add_subcommand("ask")->group("");
  ask->add_option("--socket", arguments->socket)->envname("KVS_SOCKET");
  ask->add_option("--method", arguments->method);
  ask->add_option("path", arguments->path)->required();
  ask->callback([arguments, &code] {
    code = AskHere(arguments->socket, arguments->path, arguments->method);
  });
}

}  // namespace

void AddAgentCommands(CLI::App& app, int& code) {
  auto* status = app.add_subcommand("status", "is this node's network all right?");
  const auto asked = WithAgents(*status);
  status->callback([asked, &code] { code = Status(*asked); });

  auto* get = app.add_subcommand("get", "what is in the switch, by the names of Kubernetes");
  const auto wanted = WithAgents(*get);
  get->add_option("kind", wanted->kind, "flows, ports or pods")
      ->check(CLI::IsMember({"flows", "ports", "pods"}))
      ->required();
  get->callback([wanted, &code] { code = Get(*wanted); });
  AddAsk(app, code);
}

}  // namespace kvs::cli
