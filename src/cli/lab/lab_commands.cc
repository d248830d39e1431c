#include "cli/lab/lab_commands.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/declared/flags.h"
#include "cli/lab/demo.h"
#include "cli/lab/lab_actions.h"
#include "cli/terminal/exit_code.h"
#include "cli/terminal/output.h"
#include "lab/cluster/kubelet.h"

namespace kvs::cli {
namespace {

// The commands' arguments; lives as long as their callbacks.
struct LabArguments {
  lab::Options lab;
  TraceArguments trace{.default_port = probe::kEchoPort};
  std::string endpoint, pod, node;
  std::vector<std::string> command;
  std::string output = "text";
  int64_t timeout = probe::kTimeout.count();
  bool all = false, udp = false, icmp = false;
};
using Shared = std::shared_ptr<LabArguments>;

int Report(const Result<>& done) {
  if (done) return kOk;
  PrintError(done.error().message);
  return kFailed;
}

Shared Named(CLI::App& command, const char* name) {
  auto arguments = std::make_shared<LabArguments>();
  arguments->lab.name = name;
  command.add_option("--name", arguments->lab.name, "name of the lab")->capture_default_str();
  return arguments;
}

void AddClusterFlags(CLI::App& command, lab::Options& options, std::string& manifests) {
  auto* folder = command
                     .add_option("--manifests", manifests,
                                 "folder of Kubernetes manifests: Node, Namespace, Pod")
                     ->check(CLI::ExistingDirectory);
  command.add_option("--nodes", options.nodes, "number of nodes")
      ->check(CLI::Range(1, 200))
      ->capture_default_str()
      ->excludes(folder);
  command.add_flag("--ipv6-underlay", options.ipv6_underlay, "nodes have IPv6 addresses only")
      ->excludes(folder);
  command.add_option("--overlay", options.overlay, "how packets go from node to node")
      ->check(OneOf("overlay", {"vxlan", "gre", "geneve", "none", "auto"}))
      ->capture_default_str();
}

void AddDemo(CLI::App& lab, int& code) {
  auto* demo = lab.add_subcommand(
      "demo", "Bring up a cluster on this machine, show that it works, and remove it");
  const auto arguments = Named(*demo, "demo");
  AddClusterFlags(*demo, arguments->lab, arguments->lab.copy_from);
  demo->add_option("--patience", arguments->timeout, "seconds that a cell of the matrix is tried")
      ->check(CLI::Range(1, 600))
      ->capture_default_str();
  demo->callback([arguments, &code] {
    code = RunDemo({.lab = arguments->lab, .timeout = std::chrono::seconds(arguments->timeout)});
  });
}

void AddUpAndDown(CLI::App& lab, int& code) {
  auto* up = lab.add_subcommand("up", "Bring up a cluster on this machine and keep it");
  const auto wanted = Named(*up, "lab");
  AddClusterFlags(*up, wanted->lab, wanted->lab.manifests);
  up->callback([wanted, &code] { code = LabUp(wanted->lab); });

  auto* down = lab.add_subcommand("down", "Remove a lab, or what is left of one that was killed");
  const auto gone = Named(*down, "lab");
  down->add_flag("--all", gone->all, "every lab of this machine");
  down->callback([gone, &code] { code = gone->all ? AllLabsDown() : LabDown(gone->lab.name); });

  auto* status = lab.add_subcommand("status", "Show the nodes, programs and pods of a lab");
  const auto shown = Named(*status, "lab");
  AddOutputFlag(*status, shown->output, {"text", "json"});
  status->callback([shown, &code] { code = LabStatus(shown->lab.name, shown->output == "json"); });
}

void AddPlaying(CLI::App& lab, int& code) {
  auto* exec = lab.add_subcommand("exec", "Run a command on a node or in a pod");
  const auto where = Named(*exec, "lab");
  exec->add_option("PLACE", where->endpoint, "node, namespace/pod or outside")->required();
  exec->add_option("COMMAND", where->command, "after --")->required();
  exec->callback(
      [where, &code] { code = LabExec(where->lab.name, where->endpoint, where->command); });

  auto* pod = lab.add_subcommand("pod", "Add or remove a pod")->require_subcommand(1);
  auto* add =
      pod->add_subcommand("add", "Add a Pod to the lab's manifests and wait until it is attached");
  const auto added = Named(*add, "lab");
  add->add_option("POD", added->pod, "namespace/name")->required();
  add->add_option("NODE,--node", added->node, "where it runs")->required();
  add->callback([added, &code] { code = LabPodAdd(added->lab.name, added->pod, added->node); });
  auto* remove = pod->add_subcommand("rm", "Remove a Pod that was added");
  const auto removed = Named(*remove, "lab");
  remove->add_option("POD", removed->pod, "namespace/name")->required();
  remove->callback([removed, &code] { code = LabPodRemove(removed->lab.name, removed->pod); });

  auto* trace = lab.add_subcommand("trace", "Show where a packet goes, table by table");
  const auto path = Named(*trace, "lab");
  trace->add_option("FROM", path->trace.from, "NAMESPACE/POD, a pod's IP, or a node")->required();
  trace->add_option("TO", path->trace.to, "same forms as FROM, or an IP; optional :PORT")
      ->required();
  auto* udp = trace->add_flag("--udp", path->udp, "instead of TCP");
  trace->add_flag("--icmp", path->icmp, "an ICMP echo request")->excludes(udp);
  trace->add_flag("-6,--ipv6", path->trace.ipv6, "use the IPv6 address of TO");
  AddOutputFlag(*trace, path->output, {"text", "json"});
  trace->callback([path, &code] {
    path->trace.protocol = path->udp ? "udp" : path->icmp ? "icmp" : "tcp";
    path->trace.json = path->output == "json";
    code = LabTrace(path->lab.name, path->trace);
  });
}

// Run by the lab itself; hidden, as `kvs echo` is (test_commands.h).
void AddKubelet(CLI::App& lab, int& code) {
  auto* kubelet = lab.add_subcommand("kubelet")->group("");
  const auto kept = Named(*kubelet, "lab");
  kubelet->callback([kept, &code] { code = Report(lab::RunKubelet(kept->lab.name)); });
}

}  // namespace

void AddLabCommands(CLI::App& app, int& code) {
  auto* lab = app.add_subcommand("lab", "Try k-vswitch in a whole cluster on this machine");
  lab->require_subcommand(1);
  AddDemo(*lab, code);
  AddUpAndDown(*lab, code);
  AddPlaying(*lab, code);
  AddKubelet(*lab, code);
}

}  // namespace kvs::cli
