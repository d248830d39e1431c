#include "cli/uninstall/uninstall.h"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <map>
#include <sstream>

#include "cli/agents/agents.h"
#include "cli/agents/cluster_nodes.h"
#include "cli/agents/kubectl.h"
#include "cli/terminal/json_at.h"
#include "cli/terminal/output.h"

namespace kvs::cli {
namespace {

namespace json = boost::json;

constexpr auto kObjectTimeout = std::chrono::seconds(120);

// An agent's report about its node; or why there is none.
struct NodeReport {
  bool answered = false, refused = false;
  std::vector<std::string> done, kept, problems;

  bool clean() const { return answered && problems.empty(); }
};

std::vector<std::string> Texts(const json::value& report, std::string_view pointer) {
  std::vector<std::string> texts;
  for (const json::value& text : ListAt(report, pointer)) texts.push_back(TextAt(text, ""));
  return texts;
}

NodeReport ToReport(const Result<Answer>& answer) {
  if (!answer) return {.problems = {answer.error().message}};
  boost::system::error_code error;
  const json::value report = json::parse(answer->body, error);
  if (error || !report.is_object())
    return {.problems = {"its agent answered: " + answer->body.substr(0, answer->body.find('\n'))}};
  return {.answered = true,
          .refused = TextAt(report, "/refused") == "true",
          .done = Texts(report, "/done"),
          .kept = Texts(report, "/kept"),
          .problems = Texts(report, "/problems")};
}

// Asks all nodes at the same time.
std::map<std::string, NodeReport> AskNodes(const Agents& agents, bool dry_run, bool force) {
  std::map<std::string, NodeReport> reports;
  const std::string path = fmt::format("/v1/uninstall?dry-run={:d}&force={:d}", dry_run, force);
  for (const auto& [node, answer] : agents.AskAll(path, "POST")) reports[node] = ToReport(answer);
  return reports;
}

void PrintReport(const std::string& node, const NodeReport& report, bool dry_run) {
  const Paint paint;
  Print("{}\n", paint.Strong(node));
  const auto list = [](const Text& what, const std::vector<std::string>& things) {
    for (const std::string& thing : things) Print("  {:<13}{}\n", what, thing);
  };
  if (report.answered && report.done.empty() && report.problems.empty())
    Print("  nothing of k-vswitch found\n");
  list(dry_run ? "would remove" : "removed", report.done);
  list("kept", report.kept);
  list(Text::Format("{}      ", paint.Bad("problem")), report.problems);
  if (!report.answered)
    Print("  by hand      see \"By hand\" in docs/uninstall.md; then: kvs uninstall --force\n");
  std::fflush(stdout);
}

// Workloads are deleted first, and their end is awaited: a running controller would recreate
// VSwitchConfigs.
ExitCode DeleteObjects(const Kubectl& kubectl, bool force) {
  Print("{}\n", Paint().Strong("cluster"));
  ExitCode code = kOk;
  const auto problem = [&](const Error& error) {
    Print("  {}      {}\n", Paint().Bad("problem"), error.message);
    code = kFailed;
  };
  for (const ClusterObjects& objects : OurObjects()) {
    std::vector<std::string> command = {
        "delete", "--ignore-not-found", "--cascade=foreground", "--timeout=90s", "-o", "name"};
    if (!objects.ns.empty()) command.insert(command.end(), {"-n", objects.ns});
    command.insert(command.end(), objects.names.begin(), objects.names.end());
    const auto deleted = kubectl.Ask(command, kObjectTimeout);
    std::istringstream names(deleted ? *deleted : "");
    for (std::string name; std::getline(names, name);) Print("  {:<13}{}\n", "removed", name);
    if (deleted) continue;
    problem(deleted.error());
    if (!force) return code;
  }
  const auto cleared = ClearNetworkConditions(kubectl);
  if (!cleared) problem(cleared.error());
  for (const std::string& node : cleared ? *cleared : std::vector<std::string>())
    Print("  {:<13}condition NetworkUnavailable of node {}\n", "removed", node);
  return code;
}

void PrintObjects() {
  Print("{}\n", Paint().Strong("cluster"));
  for (const ClusterObjects& objects : OurObjects())
    for (const std::string& name : objects.names) Print("  would remove {}\n", name);
}

}  // namespace

const std::vector<ClusterObjects>& OurObjects() {
  static const std::vector<ClusterObjects> objects = {
      {"kube-system", {"daemonset.apps/k-vswitchd", "deployment.apps/k-vswitch-controller"}},
      {"",
       {"customresourcedefinition.apiextensions.k8s.io/vswitchconfigs.kvswitch.io",
        "validatingadmissionpolicybinding.admissionregistration.k8s.io/k-vswitchd-status",
        "validatingadmissionpolicybinding.admissionregistration.k8s.io/k-vswitchd-events",
        "validatingadmissionpolicy.admissionregistration.k8s.io/k-vswitchd-status",
        "validatingadmissionpolicy.admissionregistration.k8s.io/k-vswitchd-events",
        "clusterrolebinding.rbac.authorization.k8s.io/k-vswitchd",
        "clusterrolebinding.rbac.authorization.k8s.io/k-vswitch-controller",
        "clusterrole.rbac.authorization.k8s.io/k-vswitchd",
        "clusterrole.rbac.authorization.k8s.io/k-vswitch-controller",
        "clusterrole.rbac.authorization.k8s.io/k-vswitch-viewer"}},
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
  const auto agents = Agents::OfCluster(kubectl);
  if (!agents) {
    PrintError(agents.error().message);
    return kUnreachable;
  }
  if (!agents->any() && !arguments.force) {
    PrintError(
        "no agent of k-vswitch runs in this cluster, and only agents can clean their nodes; apply "
        "k-vswitch.yaml again first, or see \"By hand\" in docs/uninstall.md");
    return kFailed;
  }

  bool refused = false, clean = true;
  for (const auto& [node, plan] : AskNodes(*agents, true, arguments.force)) {
    refused = refused || plan.refused;
    clean = clean && plan.clean();
    if (!arguments.yes || arguments.dry_run || plan.refused) PrintReport(node, plan, true);
  }
  if (refused) {
    PrintError(
        "nothing was changed: pods are attached and would lose their network; to remove it all the "
        "same: --force");
    return kFailed;
  }
  if (!arguments.yes || arguments.dry_run) PrintObjects();
  if (arguments.dry_run) return clean ? kOk : kFailed;
  if (!arguments.yes && !confirm()) {
    PrintError("nothing was changed");
    return kFailed;
  }

  clean = true;
  for (const auto& [node, report] : AskNodes(*agents, false, arguments.force)) {
    clean = clean && report.clean();
    PrintReport(node, report, false);
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

}  // namespace kvs::cli
