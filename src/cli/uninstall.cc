#include "cli/uninstall.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>

#include "cli/agent_client.h"
#include "cli/cluster_nodes.h"
#include "cli/kubectl.h"
#include "cli/output.h"

namespace kvs::cli {
namespace {

namespace json = boost::json;

constexpr auto kNodePatience = std::chrono::seconds(60);
constexpr auto kObjectPatience = std::chrono::seconds(120);

// What an agent said of its node; or why it didn't.
struct NodeReport {
  bool answered = false, refused = false;
  std::vector<std::string> done, kept, problems;

  bool clean() const { return answered && problems.empty(); }
};

std::vector<std::string> Texts(const json::object& fields, std::string_view name) {
  std::vector<std::string> texts;
  const auto* list = fields.if_contains(name);
  if (list == nullptr || !list->is_array()) return texts;
  for (const json::value& text : list->get_array())
    if (text.is_string()) texts.emplace_back(text.get_string());
  return texts;
}

NodeReport ReadReport(const Kubectl::Answer& answer) {
  boost::system::error_code error;
  const json::value value = json::parse(answer.out, error);
  const auto* fields = error ? nullptr : value.if_object();
  if (fields == nullptr) {
    const std::string said = answer.err.empty() ? answer.out : answer.err;
    return {.problems = {"its agent does not answer: " + said.substr(0, said.find('\n'))}};
  }
  const auto* refused = fields->if_contains("refused");
  return {.answered = true,
          .refused = refused != nullptr && refused->is_bool() && refused->get_bool(),
          .done = Texts(*fields, "done"),
          .kept = Texts(*fields, "kept"),
          .problems = Texts(*fields, "problems")};
}

NodeReport AskNode(const Kubectl& kubectl, const ClusterNode& node, bool dry_run, bool force) {
  if (node.agent.empty()) return {.problems = {"no agent runs on it"}};
  std::vector<std::string> command = {"-n",         "kube-system", "exec", node.agent,      "-c",
                                      "k-vswitchd", "--",          "kvs",  "uninstall-node"};
  if (dry_run) command.emplace_back("--dry-run");
  if (force) command.emplace_back("--force");
  const auto answer = kubectl.Run(command, kNodePatience);
  if (!answer) return {.problems = {"its agent does not answer: " + answer.error().message}};
  return ReadReport(*answer);
}

void Print(const ClusterNode& node, const NodeReport& report, bool dry_run) {
  const Paint paint;
  fmt::print("{}\n", paint.Strong(node.name));
  const auto list = [](std::string_view what, const std::vector<std::string>& things) {
    for (const std::string& thing : things) fmt::print("  {:<13}{}\n", what, thing);
  };
  if (report.answered && report.done.empty() && report.problems.empty())
    fmt::print("  nothing of k-vswitch is there\n");
  list(dry_run ? "would remove" : "removed", report.done);
  list("kept", report.kept);
  list(paint.Bad("problem") + "      ", report.problems);
  if (!report.answered)
    fmt::print(
        "  by hand      see \"By hand\" in docs/uninstall.md; then: kvs uninstall --force\n");
  std::fflush(stdout);
}

// Workloads go first, and are waited for: a controller that lives would make VSwitchConfigs anew.
ExitCode DeleteObjects(const Kubectl& kubectl, bool force) {
  fmt::print("{}\n", Paint().Strong("cluster"));
  ExitCode code = kOk;
  const auto problem = [&](const Error& error) {
    fmt::print("  {}      {}\n", Paint().Bad("problem"), error.message);
    code = kFailed;
  };
  for (const ClusterObjects& objects : OurObjects()) {
    std::vector<std::string> command = {
        "delete", "--ignore-not-found", "--cascade=foreground", "--timeout=90s", "-o", "name"};
    if (!objects.ns.empty()) command.insert(command.end(), {"-n", objects.ns});
    command.insert(command.end(), objects.names.begin(), objects.names.end());
    const auto deleted = kubectl.Ask(command, kObjectPatience);
    std::string_view rest = deleted ? *deleted : std::string_view();
    for (; !rest.empty(); rest.remove_prefix(std::min(rest.size(), rest.find('\n') + 1)))
      fmt::print("  {:<13}{}\n", "removed", rest.substr(0, rest.find('\n')));
    if (deleted) continue;
    problem(deleted.error());
    if (!force) return code;
  }
  const auto cleared = ClearNetworkConditions(kubectl);
  if (!cleared) problem(cleared.error());
  for (const std::string& node : cleared ? *cleared : std::vector<std::string>())
    fmt::print("  {:<13}condition NetworkUnavailable of node {}\n", "removed", node);
  return code;
}

void PrintObjects() {
  fmt::print("{}\n", Paint().Strong("cluster"));
  for (const ClusterObjects& objects : OurObjects())
    for (const std::string& name : objects.names) fmt::print("  would remove {}\n", name);
}

}  // namespace

const std::vector<ClusterObjects>& OurObjects() {
  static const std::vector<ClusterObjects> objects = {
      {"kube-system", {"daemonset.apps/k-vswitchd", "statefulset.apps/k-vswitch-controller"}},
      {"",
       {"customresourcedefinition.apiextensions.k8s.io/vswitchconfigs.kvswitch.io",
        "validatingadmissionpolicybinding.admissionregistration.k8s.io/k-vswitchd-status",
        "validatingadmissionpolicybinding.admissionregistration.k8s.io/k-vswitchd-events",
        "validatingadmissionpolicy.admissionregistration.k8s.io/k-vswitchd-status",
        "validatingadmissionpolicy.admissionregistration.k8s.io/k-vswitchd-events",
        "clusterrolebinding.rbac.authorization.k8s.io/k-vswitchd",
        "clusterrolebinding.rbac.authorization.k8s.io/k-vswitch-controller",
        "clusterrole.rbac.authorization.k8s.io/k-vswitchd",
        "clusterrole.rbac.authorization.k8s.io/k-vswitch-controller"}},
      {"default",
       {"rolebinding.rbac.authorization.k8s.io/k-vswitchd",
        "rolebinding.rbac.authorization.k8s.io/k-vswitch-controller",
        "role.rbac.authorization.k8s.io/k-vswitchd",
        "role.rbac.authorization.k8s.io/k-vswitch-controller"}},
      {"kube-system",
       {"rolebinding.rbac.authorization.k8s.io/k-vswitch-controller",
        "role.rbac.authorization.k8s.io/k-vswitch-controller", "serviceaccount/k-vswitchd",
        "serviceaccount/k-vswitch-controller", "configmap/k-vswitch",
        "lease.coordination.k8s.io/k-vswitch-controller"}},
  };
  return objects;
}

ExitCode UninstallCluster(const UninstallArguments& arguments, const OnConfirm& confirm) {
  const Kubectl kubectl(arguments.kubeconfig, arguments.context);
  const auto nodes = FindNodes(kubectl);
  if (!nodes) {
    PrintError(nodes.error().message);
    return kUnreachable;
  }
  const bool nobody = std::ranges::all_of(*nodes, [](const auto& n) { return n.agent.empty(); });
  if (nobody && !arguments.force) {
    PrintError(
        "no agent of k-vswitch runs in this cluster, and only agents can clean their nodes; apply "
        "k-vswitch.yaml again first, or see \"By hand\" in docs/uninstall.md");
    return kFailed;
  }

  bool refused = false, clean = true;
  for (const ClusterNode& node : *nodes) {
    const NodeReport plan = AskNode(kubectl, node, true, arguments.force);
    refused = refused || plan.refused;
    clean = clean && plan.clean();
    if (!arguments.yes || arguments.dry_run || plan.refused) Print(node, plan, true);
  }
  if (refused) {
    PrintError(
        "nothing was changed: pods are attached, and would lose their network; --force "
        "takes it from them");
    return kFailed;
  }
  if (!arguments.yes || arguments.dry_run) PrintObjects();
  if (arguments.dry_run) return clean ? kOk : kFailed;
  if (!arguments.yes && !confirm()) {
    PrintError("nothing was changed");
    return kFailed;
  }

  clean = true;
  for (const ClusterNode& node : *nodes) {
    const NodeReport report = AskNode(kubectl, node, false, arguments.force);
    clean = clean && report.clean();
    Print(node, report, false);
  }
  if (!clean && !arguments.force) {
    PrintError(
        "not every node is clean, so the agents and all else in the cluster are kept; run "
        "it again, or with --force to delete them all the same");
    return kFailed;
  }
  const ExitCode code = DeleteObjects(kubectl, arguments.force);
  return clean ? code : kFailed;
}

ExitCode UninstallNode(const std::string& socket, bool dry_run, bool force) {
  const auto answer = AskAgent(
      socket, fmt::format("/v1/uninstall?dry-run={:d}&force={:d}", dry_run, force), "POST");
  if (!answer) {
    PrintError(answer.error().message);
    return kUnreachable;
  }
  fmt::print("{}", answer->body);
  return answer->status == 200 ? kOk : kFailed;
}

}  // namespace kvs::cli
