#include "controller/main.h"

#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <random>

#include "base/log.h"
#include "base/outage.h"
#include "base/usable.h"
#include "base/version.h"
#include "controller/controller.h"
#include "controller/health.h"
#include "io/health_port.h"
#include "io/metrics_port.h"
#include "io/signals.h"
#include "kube/api/election.h"
#include "kube/connect.h"
#include "kube/flags.h"
#include "kube/object/agent_pods.h"

namespace kvs::controller {
namespace {

// The arguments as given.
struct CommandLine {
  kube::ConnectOptions kubernetes;
  std::string cluster_cidr, service_cidr, overlay_type, socket, node_name;
  std::string health_address, metrics_address;
  std::string log_level = "info", log_format = "text";
};

void Declare(CLI::App& app, CommandLine& line) {
  app.set_version_flag("--version", kVersion);
  app.add_option("--node-name", line.node_name, "name of the Node on which this runs")
      ->envname("NODE_NAME");
  kube::DeclareFlags(app, line.kubernetes);
  app.add_option("--cluster-cidr", line.cluster_cidr,
                 "ranges of all pods, separated by commas (ConfigMap k-vswitch has precedence)");
  app.add_option("--service-cidr", line.service_cidr,
                 "ranges of Services, separated by commas (ConfigMap k-vswitch has precedence)");
  app.add_option("--overlay-type", line.overlay_type,
                 "auto, vxlan (default), gre, geneve or none (ConfigMap k-vswitch has precedence)");
  app.add_option("--health-address", line.health_address,
                 "IP:PORT for /healthz, /readyz and /metrics");
  app.add_option("--metrics-address", line.metrics_address,
                 "IP:PORT for /metrics alone, which other hosts and pods may reach");
  app.add_option("--socket", line.socket, "a Unix socket for the same");
  app.add_option("--log-level", line.log_level, "debug, info, warning or error")
      ->capture_default_str();
  app.add_option("--log-format", line.log_format, "text or json")->capture_default_str();
}

Result<Flags> Parse(const CommandLine& line) {
  Flags flags;
  auto pods = ParsePrefixes(line.cluster_cidr);
  if (!pods) return Wrap("--cluster-cidr", pods.error());
  auto services = ParsePrefixes(line.service_cidr);
  if (!services) return Wrap("--service-cidr", services.error());
  for (const auto* ranges : {&*pods, &*services})
    for (const Prefix& range : *ranges)
      if (const std::string why = WhyNoPodRange(range); !why.empty())
        return Fail("{}: {}", ranges == &*pods ? "--cluster-cidr" : "--service-cidr", why);
  if (const std::string overlap = Overlap(*pods, *services); !overlap.empty())
    return Fail("--cluster-cidr: {}", overlap);
  flags.cluster_cidrs = std::move(*pods);
  flags.service_cidrs = std::move(*services);
  if (line.overlay_type.empty()) return flags;
  const auto type = kube::FindOverlayType(line.overlay_type);
  if (!type)
    return Fail("--overlay-type: \"{}\" is unknown; use {}", line.overlay_type,
                kube::kOverlayTypes);
  flags.overlay_type = *type;
  flags.overlay_type_given = true;
  return flags;
}

// Distinguishes the candidates, also this process from an earlier one on the same host.
std::string Identity() {
  char host[256] = {};
  gethostname(host, sizeof host - 1);
  return fmt::format("{}_{:08x}", host, std::random_device{}());
}

// nullptr if there is no path.
Result<std::unique_ptr<io::HttpServer>> Listen(io::Loop& loop, const std::string& path,
                                               io::HttpServer::Serve serve) {
  if (path.empty()) return nullptr;
  return io::HttpServer::OnUnixSocket(loop, path, std::move(serve));
}

// The addresses for health and metrics. Problems with them are logged.
class Ports {
 public:
  Ports(io::Loop& loop, const CommandLine& line, io::HttpServer::Serve health,
        std::function<std::string()> metrics)
      : health_(loop, line.health_address, std::move(health), NoteIn(health_outage_)),
        metrics_(loop, line.metrics_address, std::move(metrics), NoteIn(metrics_outage_)) {}

  std::vector<Problem> Problems() const {
    std::vector<Problem> all;
    for (const auto& problem : {health_.problem(), metrics_.problem()})
      if (problem) all.push_back(*problem);
    return all;
  }

 private:
  static std::function<void(const std::optional<Problem>&)> NoteIn(Outage& outage) {
    return [&outage](const auto& problem) { outage.Note(problem ? problem->message : ""); };
  }

  Outage health_outage_{"health"}, metrics_outage_{"metrics"};
  io::HealthPort health_;
  io::MetricsPort metrics_;
};

Result<> Run(const CommandLine& line, const Flags& flags) {
  io::Loop loop;
  auto kubernetes =
      kube::Connect(loop, line.kubernetes,
                    {{kube::Kind::kConfigMap, {"kube-system", "k-vswitch"}},
                     {kube::Kind::kPod, {kube::kAgentNamespace, "", kube::AgentSelector()}}});
  if (!kubernetes) return tl::unexpected(kubernetes.error());
  std::unique_ptr<Controller> controller;
  std::unique_ptr<kube::Election> election;
  const auto requests = [&] {
    kube::RequestCounts all = kubernetes->source->Requests();
    if (election)
      for (const auto& [kind, count] : election->requests()) all[kind] += count;
    return all;
  };
  const auto serve = [&](const io::HttpRequest& request, const io::HttpServer::Reply& reply) {
    reply(Health(controller.get(), requests(), request));
  };
  const Ports ports(loop, line, serve, [&] { return MetricsText(controller.get(), requests()); });
  const auto lead = [&] {
    controller = std::make_unique<Controller>(loop, *kubernetes->source, flags);
    if (!line.node_name.empty())
      controller->WatchProgram(line.node_name, [&] { return ports.Problems(); });
  };
  if (kubernetes->client)
    election = std::make_unique<kube::Election>(
        loop, *kubernetes->client, kLeaseNamespace, kLeaseName, Identity(),
        kube::Election::Handlers{.on_lead = lead, .on_lose = [&] { controller.reset(); }});
  else
    lead();  // nobody else writes to a folder

  const auto people = Listen(loop, line.socket, serve);
  if (!people) return Wrap("--socket", people.error());
  const io::Signals stop(loop, {SIGTERM, SIGINT}, [&](int) {
    controller.reset();
    election ? election->Resign([&] { loop.Stop(); }) : loop.Stop();
  });
  loop.Run();
  return {};
}

int Exit(const Error& error, int status) {
  log::Error("{}", error.message);
  return status;
}

}  // namespace

int Main(int argc, char** argv) {
  CLI::App app("k-vswitch-controller: one VSwitchConfig for every Node", "k-vswitch-controller");
  CommandLine line;
  Declare(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (const auto done = log::Configure(line.log_level, line.log_format); !done)
    return Exit(done.error(), 2);
  auto flags = Parse(line);
  if (!flags) return Exit(flags.error(), 2);
  const auto done = Run(line, *flags);
  return done ? 0 : Exit(done.error(), 1);
}

}  // namespace kvs::controller
