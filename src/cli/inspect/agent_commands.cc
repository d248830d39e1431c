#include "cli/inspect/agent_commands.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <thread>

#include "cli/agents/agent_client.h"
#include "cli/agents/agents.h"
#include "cli/declared/flags.h"
#include "cli/inspect/bundle.h"
#include "cli/inspect/get.h"
#include "cli/inspect/status.h"
#include "cli/inspect/version.h"
#include "cli/terminal/exit_code.h"
#include "cli/terminal/output.h"

namespace kvs::cli {
namespace {

int AskHere(const std::string& socket, const std::string& path, const std::string& method) {
  const auto answer = AskAgent(socket, path, method);
  if (!answer) {
    PrintError(answer.error().message);
    return kUnreachable;
  }
  const std::string wire = answer->ToWire();  // for a program, which wants these bytes
  if (std::fwrite(wire.data(), 1, wire.size(), stdout) != wire.size()) return kFailed;
  return answer->status == 200 ? kOk : kFailed;
}

// Run by another kvs in an agent's pod (agents.h); hidden.
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

void AddStatus(CLI::App& app, int& code) {
  auto* status =
      app.add_subcommand("status", "Show the health of this node or of the whole cluster");
  const auto asked = std::make_shared<StatusArguments>();
  const auto form = std::make_shared<std::string>("text");
  const auto wait = std::make_shared<int>(0);
  AddAgentFlags(*status, asked->where);
  AddOutputFlag(*status, *form, {"text", "json"});
  status
      ->add_flag("--wait{300}", *wait,
                 "wait until it is healthy, at most: 90, 90s, 5m; without a value 5m")
      ->transform(Duration());
  status->callback([asked, form, wait, &code] {
    asked->json = *form == "json";
    asked->wait = std::chrono::seconds(*wait);
    code = ShowStatus(*asked);
  });
}

bool WaitToLookAgain() {
  std::this_thread::sleep_for(std::chrono::seconds(2));
  return true;
}

void AddGet(CLI::App& app, int& code) {
  auto* get = app.add_subcommand(
      "get", "Show flows, ports and pods of the switches, with their Kubernetes names");
  const auto wanted = std::make_shared<GetArguments>();
  const auto watch = std::make_shared<bool>(false);
  get->add_option("KIND", wanted->kind, "flows, ports or pods")
      ->transform(OneOf("kind", {"flows", "ports", "pods"},
                        {{"flow", "flows"}, {"port", "ports"}, {"pod", "pods"}, {"po", "pods"}}))
      ->required();
  get->add_option("POD,--pod", wanted->pod, "only this pod: NAMESPACE/POD, or POD");
  AddAgentFlags(*get, wanted->where);
  wanted->output = "table";
  AddOutputFlag(*get, wanted->output, {"table", "wide", "json", "yaml", "name"});
  auto* space = get->add_option("-n,--namespace", wanted->space, "only pods of this namespace");
  get->add_flag("-A,--all-namespaces")
      ->description("pods of all namespaces (default)")
      ->excludes(space);
  get->add_option("-l,--selector", wanted->selector, "only pods with these labels, as of kubectl");
  get->add_flag("-w,--watch", *watch, "keep watching, and show changes");
  get->callback([wanted, watch, &code] {
    if (*watch && wanted->output != "table" && wanted->output != "wide")
      throw CLI::ParseError("--watch shows a table, so only with -o table and -o wide",
                            CLI::ExitCodes::ExcludesError);
    if (*watch) wanted->wait = WaitToLookAgain;
    code = ShowItems(*wanted);
  });
}

void AddVersion(CLI::App& app, int& code) {
  auto* version =
      app.add_subcommand("version", "Show the versions of kvs, the controller and each agent");
  const auto shown = std::make_shared<VersionArguments>();
  const auto form = std::make_shared<std::string>("text");
  version->add_flag("--client", shown->client_only, "only that of this kvs");
  AddAgentFlags(*version, shown->where);
  AddOutputFlag(*version, *form, {"text", "json"});
  version->callback([shown, form, &code] {
    shown->json = *form == "json";
    code = ShowVersion(*shown);
  });
}

void AddBundle(CLI::App& app, int& code) {
  auto* bundle = app.add_subcommand(
      "bundle",
      "Write a support archive of what the agents and the cluster report; keys, tokens and "
      "values of names that sound secret are redacted, other names, addresses and logs are not");
  const auto packed = std::make_shared<BundleArguments>();
  AddAgentFlags(*bundle, packed->where);
  bundle->add_option("-f,--file", packed->file,
                     "file to write (default: k-vswitch-bundle-TIME.tar.gz)");
  bundle->callback([packed, &code] { code = WriteBundle(*packed); });
}

}  // namespace

void AddAgentCommands(CLI::App& app, int& code) {
  AddStatus(app, code);
  AddGet(app, code);
  AddVersion(app, code);
  AddBundle(app, code);
  AddAsk(app, code);
}

}  // namespace kvs::cli
