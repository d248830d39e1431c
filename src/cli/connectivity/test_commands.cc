#include "cli/connectivity/test_commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <iterator>
#include <memory>

#include "cli/connectivity/connectivity.h"
#include "cli/declared/flags.h"
#include "cli/inspect/probe_json.h"
#include "cli/terminal/exit_code.h"
#include "cli/terminal/output.h"
#include "probe/echo.h"

namespace kvs::cli {
namespace {

int Echo(const std::string& identity) {
  const auto done = probe::ServeEcho(identity, probe::kEchoPort);
  PrintError(done.error().message);
  return kFailed;
}

// Cells from standard input, outcomes to standard output.
int Probe() {
  const std::string text(std::istreambuf_iterator<char>(std::cin), {});
  const auto question = ParseQuestion(text);
  if (!question) {
    PrintError(question.error().message);
    return kFailed;
  }
  Print("{}\n", Text::Whole(ToJson(probe::ProbeHere(question->cells, question->timeout))));
  return kOk;
}

void AddParts(CLI::App& app, int& code) {
  auto* echo = app.add_subcommand("echo")->group("");
  const auto identity = std::make_shared<std::string>();
  echo->add_option("identity", *identity)->required();
  echo->callback([identity, &code] { code = Echo(*identity); });

  auto* probe = app.add_subcommand("probe")->group("");
  probe->callback([&code] { code = Probe(); });
}

}  // namespace

void AddTestCommands(CLI::App& app, int& code) {
  auto* test = app.add_subcommand("test", "Test the network of this cluster with real packets");
  const auto wanted = std::make_shared<TestArguments>();
  const auto timeout = std::make_shared<int>(300);
  const auto form = std::make_shared<std::string>("text");
  test->add_option("--nodes", wanted->nodes,
                   "number of nodes that take part, the first by name; 0: all")
      ->capture_default_str();
  test->add_option("--external", wanted->external,
                   "an address outside that pods must reach by TCP; optional :PORT (default: 443)");
  test->add_option("--timeout", *timeout, "time limit of the whole test: 90, 90s, 5m (default: 5m)")
      ->transform(Duration())
      ->check(CLI::PositiveNumber);
  test->add_flag("--keep", wanted->keep, "keep the test's pods, in namespace kvs-test-...");
  test->add_flag("--list", wanted->list, "only show what would be tested");
  AddOutputFlag(*test, *form, {"text", "json"});
  AddKubectlFlags(*test, wanted->kubeconfig, wanted->context);
  test->callback([wanted, timeout, form, &code] {
    wanted->timeout = std::chrono::seconds(*timeout);
    wanted->json = *form == "json";
    code = TestConnectivity(*wanted);
  });
  AddParts(app, code);
}

}  // namespace kvs::cli
