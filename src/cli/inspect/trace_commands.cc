#include "cli/inspect/trace_commands.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/agents/agents.h"
#include "cli/declared/flags.h"
#include "cli/inspect/packet_ends.h"
#include "cli/inspect/trace.h"
#include "cli/terminal/exit_code.h"
#include "cli/terminal/output.h"

namespace kvs::cli {
namespace {

struct PathArguments {
  AgentOptions where;
  TraceArguments trace;
  std::string ns = "default";
  uint16_t tcp = 0, udp = 0;
  bool icmp = false;
  std::string output = "text";
};

int TracePacket(PathArguments& arguments) {
  const auto agents = Agents::Find(arguments.where);
  if (!agents) {
    PrintError(agents.error().message);
    return kUnreachable;
  }
  TraceArguments& trace = arguments.trace;
  trace.protocol = arguments.udp != 0 ? "udp" : arguments.icmp ? "icmp" : "tcp";
  trace.port = arguments.udp != 0 ? arguments.udp : arguments.tcp;
  trace.json = arguments.output == "json";
  const FindEnd find =
      agents->kubectl() ? EndsOfCluster(*agents->kubectl(), arguments.ns) : EndsOfAgents(*agents);
  return Trace(trace, find, [&](const std::string& node, const std::string& path) {
    return agents->Ask(node, path);
  });
}

}  // namespace

void AddTraceCommand(CLI::App& app, int& code) {
  auto* trace =
      app.add_subcommand("trace", "Show where a packet goes, table by table and node by node");
  const auto wanted = std::make_shared<PathArguments>();
  trace->add_option("FROM", wanted->trace.from, "NS/POD, POD, a pod's IP, or node/NAME")
      ->required();
  trace
      ->add_option("TO", wanted->trace.to,
                   "same forms as FROM, or svc/NS/NAME, or an IP; optional :PORT; or a DNS name")
      ->required();
  trace->add_option("-n,--namespace", wanted->ns, "namespace of a POD without one")
      ->capture_default_str();
  auto* tcp = trace->add_option("--tcp", wanted->tcp, "TCP port (default: 80)")
                  ->check(CLI::Range(1, 65535));
  auto* udp = trace->add_option("--udp", wanted->udp, "UDP port, instead of TCP")
                  ->check(CLI::Range(1, 65535))
                  ->excludes(tcp);
  trace->add_flag("--icmp", wanted->icmp, "an ICMP echo request")->excludes(tcp, udp);
  trace->add_flag("-6,--ipv6", wanted->trace.ipv6, "use the IPv6 address of TO");
  AddOutputFlag(*trace, wanted->output, {"text", "json"});
  AddAgentFlags(*trace, wanted->where);
  trace->callback([wanted, &code] { code = TracePacket(*wanted); });
}

}  // namespace kvs::cli
