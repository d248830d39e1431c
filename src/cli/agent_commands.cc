#include "cli/agent_commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/agent_client.h"
#include "cli/agent_text.h"
#include "cli/exit_code.h"
#include "cli/output.h"

namespace kvs::cli {
namespace {

struct AgentArguments {
  std::string socket = "/run/k-vswitch/agent.sock";
  std::string lab = "lab", lab_node;
  std::string output = "table";
  std::string kind;

  std::string Socket() const {
    return lab_node.empty()
               ? socket
               : fmt::format("/run/kvs-lab/{}/nodes/{}/agent/agent.sock", lab, lab_node);
  }
};

std::shared_ptr<AgentArguments> WithAgent(CLI::App& command) {
  auto arguments = std::make_shared<AgentArguments>();
  auto* socket = command.add_option("--socket", arguments->socket, "the agent's Unix socket")
                     ->envname("KVS_SOCKET")
                     ->capture_default_str();
  command.add_option("--lab-node", arguments->lab_node, "the agent of this node of a lab")
      ->excludes(socket);
  command.add_option("--lab", arguments->lab, "name of the lab")->capture_default_str();
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
  const auto answer = AskAgent(arguments.Socket(), "/v1/status");
  if (!answer) return Fails(answer.error(), kUnreachable);
  const auto shown = ToStatusText(answer->body, Paint());
  if (!shown) return Fails(shown.error(), kFailed);
  fmt::print("{}", arguments.output == "json" ? answer->body : shown->text);
  return shown->healthy ? kOk : kFailed;
}

int Get(const AgentArguments& arguments) {
  const auto answer = AskAgent(arguments.Socket(), "/v1/" + arguments.kind);
  if (!answer) return Fails(answer.error(), kUnreachable);
  if (answer->status != 200) return Fails({answer->body}, kFailed);
  if (arguments.output == "json") {
    fmt::print("{}", answer->body);
    return kOk;
  }
  const auto table = ToTableText(arguments.kind, answer->body, arguments.output == "wide");
  if (!table) return Fails(table.error(), kFailed);
  fmt::print("{}", *table);
  return kOk;
}

}  // namespace

void AddAgentCommands(CLI::App& app, int& code) {
  auto* status = app.add_subcommand("status", "is this node's network all right?");
  const auto asked = WithAgent(*status);
  status->callback([asked, &code] { code = Status(*asked); });

  auto* get = app.add_subcommand("get", "what is in the switch, by the names of Kubernetes");
  const auto wanted = WithAgent(*get);
  get->add_option("kind", wanted->kind, "flows, ports or pods")
      ->check(CLI::IsMember({"flows", "ports", "pods"}))
      ->required();
  get->callback([wanted, &code] { code = Get(*wanted); });
}

}  // namespace kvs::cli
