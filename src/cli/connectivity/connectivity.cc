#include "cli/connectivity/connectivity.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <map>

#include "cli/agents/agent_client.h"
#include "cli/agents/cluster_nodes.h"
#include "cli/connectivity/connectivity_plan.h"
#include "cli/connectivity/test_namespace.h"
#include "cli/inspect/services.h"
#include "cli/terminal/exit_code.h"
#include "cli/terminal/guard.h"
#include "cli/terminal/json_at.h"
#include "cli/terminal/output.h"
#include "probe/matrix.h"

namespace kvs::cli {
namespace {

namespace json = boost::json;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kPodTimeout{60};
// Each source takes a process of kubectl.
constexpr size_t kAtOnce = 8;

// The facts about the cluster, collected before anything is created.
struct Scope {
  std::string image;
  std::vector<ClusterNode> nodes;  // that take part
  std::vector<std::string> notes;  // what is left out, and why
  Targets targets;                 // but `service`
  TestNamespace space;
  std::string dns;          // "svc/kube-system/kube-dns"
  std::string no_services;  // why no Service is tried: there is no program that serves them
};

tl::unexpected<Failure> Unreachable(const Error& error) {
  return tl::unexpected(Failure{kUnreachable, error.message});
}

// The agents' image, which every participating node has.
tl::expected<std::string, Failure> FindImage(const Kubectl& kubectl) {
  const auto text = kubectl.Ask(
      {"get", "daemonset/k-vswitchd", "-n", "kube-system", "--ignore-not-found", "-o", "json"});
  if (!text) return Unreachable(text.error());
  const auto set = text->empty() ? json::value(json::object()) : ParseObject(*text, "kubectl get");
  if (!set) return tl::unexpected(Failure{kFailed, set.error().message});
  for (const json::value& container : ListAt(*set, "/spec/template/spec/containers"))
    if (TextAt(container, "/name") == "k-vswitchd") return TextAt(container, "/image");
  return tl::unexpected(Failure{
      kFailed,
      "k-vswitch is not installed in this cluster: there is no DaemonSet kube-system/k-vswitchd; "
      "kubectl apply -f k-vswitch.yaml"});
}

// Why a node can't participate; "": it can.
std::string WhyNot(const ClusterNode& node) {
  if (!node.ready) return "it is not Ready";
  if (node.agent.empty()) return "no agent of k-vswitch runs on it";
  return node.waits.empty() ? "" : fmt::format("its agent does not run ({})", node.waits);
}

tl::expected<void, Failure> ChooseNodes(const Kubectl& kubectl, size_t most, Scope& scope) {
  auto all = FindNodes(kubectl);
  if (!all) return Unreachable(all.error());
  size_t spare = 0;
  for (ClusterNode& node : *all) {
    const std::string why = WhyNot(node);
    if (!why.empty())
      scope.notes.push_back(fmt::format("{}: {}", node.name, why));
    else if (most != 0 && scope.nodes.size() == most)
      ++spare;
    else
      scope.nodes.push_back(std::move(node));
  }
  if (spare > 0) scope.notes.push_back(fmt::format("{} more by name; --nodes 0 takes all", spare));
  if (scope.nodes.empty())
    return tl::unexpected(
        Failure{kFailed, fmt::format("no node can be tested: {}; see: kvs status",
                                     scope.notes.empty() ? "there is none" : scope.notes.front())});
  return {};
}

tl::expected<void, Failure> FindDns(const Kubectl& kubectl, Scope& scope) {
  const auto text =
      kubectl.Ask({"get", "services", "-n", "kube-system", "-l", "k8s-app=kube-dns", "-o", "json"});
  if (!text) return Unreachable(text.error());
  const auto list = ParseObject(*text, "kubectl get");
  if (!list) return tl::unexpected(Failure{kFailed, list.error().message});
  const json::array& services = ListAt(*list, "/items");
  scope.targets.dns = !services.empty();
  if (scope.targets.dns)
    scope.dns = "svc/kube-system/" + TextAt(services.front(), "/metadata/name");
  else
    scope.notes.emplace_back("names: kube-system has no Service with label k8s-app=kube-dns");
  return {};
}

tl::expected<Scope, Failure> FindScope(const Kubectl& kubectl, const TestArguments& arguments) {
  Scope scope{.space = TestNamespace::New(arguments.timeout)};
  if (!arguments.space.empty()) scope.space.name = arguments.space;
  scope.targets.service_name = fmt::format("svc/{}/echo", scope.space.name);
  if (!arguments.external.empty()) {
    const auto external = ParseExternal(arguments.external);
    if (!external) return tl::unexpected(Failure{kUsage, external.error().message});
    scope.targets.external = *external;
  }
  const auto image = FindImage(kubectl);
  if (!image) return tl::unexpected(image.error());
  scope.image = *image;
  if (const auto chosen = ChooseNodes(kubectl, arguments.nodes, scope); !chosen)
    return tl::unexpected(chosen.error());
  scope.no_services = WhyNoServices(kubectl, scope.nodes[0].name, scope.nodes[0].agent);
  if (!scope.no_services.empty()) return scope;
  if (const auto dns = FindDns(kubectl, scope); !dns) return tl::unexpected(dns.error());
  const auto api_server = ClusterIps(kubectl, "default", "kubernetes");
  if (!api_server) return Unreachable(api_server.error());
  scope.targets.api_server = *api_server;
  return scope;
}

Text HeadText(const Scope& scope) {
  std::string names;
  for (const ClusterNode& node : scope.nodes) names += (names.empty() ? "" : ", ") + node.name;
  Text text = Text::Format("Nodes {}; {} pods of {} in namespace {}\n", names,
                           scope.nodes.size() * 2, scope.image, scope.space.name);
  for (const std::string& note : scope.notes) text += Text::Format("  not tested: {}\n", note);
  return text;
}

std::vector<probe::Endpoint> EndpointsOfNodes(const Scope& scope) {
  std::vector<probe::Endpoint> endpoints;
  for (const ClusterNode& node : scope.nodes)
    endpoints.push_back({.kind = probe::Endpoint::Kind::kNode,
                         .name = node.name,
                         .node = node.name,
                         .ips = node.ips,
                         .listeners = ListenersOfNode(node.kubelet_port)});
  return endpoints;
}

// One address stands for those of a family, which pods don't have yet.
Text ListText(const Scope& scope) {
  auto endpoints = EndpointsOfNodes(scope);
  for (probe::Endpoint& node : endpoints) node.ips = {Ip()};
  for (const ClusterNode& node : scope.nodes)
    for (const char* which : {"a-", "b-"})
      endpoints.push_back({.name = which + node.name,
                           .node = node.name,
                           .ips = {Ip()},
                           .listeners = ListenersOfPod()});
  Targets targets = scope.targets;
  if (scope.no_services.empty()) targets.service = targets.api_server = {Ip()};
  std::vector<std::pair<std::string, int>> kinds;
  for (const auto& cell : PlanConnectivity(endpoints, targets)) {
    auto kind = std::ranges::find(kinds, cell.kind, &std::pair<std::string, int>::first);
    if (kind == kinds.end()) kind = kinds.insert(kind, {cell.kind, 0});
    ++kind->second;
  }
  Text text = Text::Format("{}cells in each IP family:\n", HeadText(scope));
  for (const auto& [kind, count] : kinds) text += Text::Format("  {:<28} {:>4}\n", kind, count);
  return text;
}

std::string FurtherText(const probe::MatrixCell& cell, const Scope& scope) {
  const std::string from =
      cell.from.find('/') == std::string::npos ? "node/" + cell.from : cell.from;
  if (cell.cell.protocol == probe::Protocol::kDns)
    return fmt::format("see: kvs trace {} {} --udp 53", from, scope.dns);
  return fmt::format("see: kvs trace {} {} --{} {}", from, cell.cell.address,
                     cell.cell.protocol == probe::Protocol::kUdp ? "udp" : "tcp", cell.cell.port);
}

Text ReportJson(const Scope& scope, const probe::Matrix& matrix) {
  json::array nodes, cells;
  for (const ClusterNode& node : scope.nodes) nodes.emplace_back(node.name);
  for (const auto& [from, to, kind, cell, expected, outcome] : matrix.cells) {
    const bool dns = cell.protocol == probe::Protocol::kDns;
    cells.push_back({{"from", from},
                     {"to", to},
                     {"kind", kind},
                     {"protocol", probe::NameOf(cell.protocol)},
                     {"address", dns ? "" : cell.address.ToString()},
                     {"port", dns ? 0 : cell.port},
                     {"ok", outcome.reached == expected},
                     {"us", outcome.time.count()},
                     {"attempts", outcome.attempts},
                     {"reason", outcome.reason}});
  }
  return JsonText(json::object{{"ok", matrix.failed() == 0 && scope.no_services.empty()},
                               {"noServices", scope.no_services},
                               {"nodes", std::move(nodes)},
                               {"notTested", json::value_from(scope.notes)},
                               {"cells", std::move(cells)}});
}

class ConnectivityTest {
 public:
  ConnectivityTest(Kubectl kubectl, Scope scope, const TestArguments& arguments)
      : kubectl_(std::move(kubectl)),
        scope_(std::move(scope)),
        arguments_(arguments),
        end_(steady_clock::now() + arguments.timeout) {}

  int Run() const {
    if (!arguments_.json) Print("{}\n", HeadText(scope_));
    std::fflush(stdout);
    const auto matrix = Measure();
    if (!matrix) {
      PrintError(matrix.error().message);
      return kFailed;
    }
    if (arguments_.json)
      Print("{}", ReportJson(scope_, *matrix));
    else
      PrintMatrix(*matrix);
    return matrix->failed() == 0 && scope_.no_services.empty() ? kOk : kFailed;
  }

 private:
  Result<probe::Matrix> Measure() const {
    if (auto made = CreateTestNamespace(kubectl_, scope_.space, scope_.nodes, scope_.image); !made)
      return tl::unexpected<Error>(made.error());
    auto endpoints =
        AwaitTestPods(kubectl_, scope_.space.name, scope_.nodes.size() * 2, Left(kPodTimeout));
    if (!endpoints) return tl::unexpected<Error>(endpoints.error());
    Targets targets = scope_.targets;
    if (scope_.no_services.empty()) {
      const auto service = ClusterIps(kubectl_, scope_.space.name, "echo");
      if (!service) return tl::unexpected<Error>(service.error());
      targets.service = *service;
    }
    for (auto& node : EndpointsOfNodes(scope_)) endpoints->push_back(std::move(node));
    return probe::RunMatrix(
        PlanConnectivity(*endpoints, targets),
        [this](const std::string& endpoint, const std::vector<probe::Cell>& cells) {
          return Probe(endpoint, cells);
        },
        kAtOnce);
  }

  // The time left until the end, but not more than `most`.
  seconds Left(seconds most) const {
    return std::clamp(duration_cast<seconds>(end_ - steady_clock::now()), seconds(1), most);
  }

  // From the pod itself, or from the agent on the node. A source that can't be reached is the
  // outcome of its cells; the others are still useful.
  Result<std::vector<probe::Outcome>> Probe(const std::string& endpoint,
                                            const std::vector<probe::Cell>& cells) const {
    auto outcomes = Ask(endpoint, cells);
    if (outcomes) return outcomes;
    return std::vector<probe::Outcome>(cells.size(), {.reason = outcomes.error().message});
  }

  Result<std::vector<probe::Outcome>> Ask(const std::string& endpoint,
                                          const std::vector<probe::Cell>& cells) const {
    const auto slash = endpoint.find('/');
    const auto node = std::ranges::find(scope_.nodes, endpoint, &ClusterNode::name);
    const Prober prober =
        slash == std::string::npos
            ? Prober{"kube-system", node->agent, "k-vswitchd"}
            : Prober{scope_.space.name, endpoint.substr(slash + 1), kTestContainer};
    return ProbeFrom(kubectl_, prober, cells, Left(probe::kTimeout));
  }

  void PrintMatrix(const probe::Matrix& matrix) const {
    const Paint paint;
    Print("{}{}{}", probe::KindsText(matrix),
          probe::FailuresText(matrix, [&](const auto& cell) { return FurtherText(cell, scope_); }),
          probe::SumText(matrix));
    if (!scope_.no_services.empty()) Print("{}\n", paint.Bad(scope_.no_services));
    if (matrix.failed() == 0 && scope_.no_services.empty())
      Print("{}\n", paint.Good("The network works."));
    if (matrix.failed() == 0) return;
    Print("{}\n", paint.Bad(fmt::format("{} cells failed.", matrix.failed())));
    if (!arguments_.keep) Print("Run it with --keep, so that the pods stay to be traced.\n");
  }

  const Kubectl kubectl_;
  const Scope scope_;
  const TestArguments& arguments_;
  const steady_clock::time_point end_;
};

}  // namespace

int TestConnectivity(const TestArguments& arguments) {
  const Kubectl kubectl(arguments.kubeconfig, arguments.context);
  const auto scope = FindScope(kubectl, arguments);
  if (!scope) {
    PrintError(scope.error().message);
    return scope.error().code;
  }
  if (arguments.list) {
    Print("{}", ListText(*scope));
    return kOk;
  }
  const ConnectivityTest test(kubectl, *scope, arguments);
  return RunGuarded([&] { return test.Run(); },
                    [&](bool) {
                      if (arguments.keep) return;
                      if (const auto gone = DeleteTestNamespace(kubectl, scope->space.name); !gone)
                        PrintError(gone.error().message);
                    });
}

}  // namespace kvs::cli
