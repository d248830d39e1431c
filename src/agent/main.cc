#include "agent/main.h"

#include <signal.h>

#include <CLI/CLI.hpp>

#include "agent/daemon.h"
#include "base/log.h"
#include "base/version.h"
#include "io/signals.h"
#include "kube/flags.h"

namespace kvs::agent {
namespace {

struct Flags {
  Options options;
  std::string socket;
  std::string log_level = "info";
  std::string log_format = "text";
};

void Declare(CLI::App& app, Flags& flags) {
  Options& o = flags.options;
  app.set_version_flag("--version", kVersion);
  app.add_option("--node-name", o.node_name, "name of this node's Node object")
      ->envname("NODE_NAME")
      ->required();
  kube::DeclareFlags(app, o.kubernetes);
  app.add_option("--state-dir", o.kubernetes.state_dir,
                 "folder for the last known objects, used while no API server answers, e.g. "
                 "/var/lib/k-vswitch");
  app.add_option("--ovsdb", o.ovsdb, "socket of ovsdb-server")->capture_default_str();
  app.add_option("--ovs-run-dir", o.ovs_run_dir,
                 "folder of k-vswitch0.mgmt (default: that of --ovsdb)");
  app.add_option("--run-dir", o.run_dir, "folder for the agent's socket and lock")
      ->capture_default_str();
  app.add_option("--socket", flags.socket, "the agent's socket (default: RUN-DIR/agent.sock)");
  app.add_option("--cni-conf-dir", o.cni_conf_dir,
                 "where the CNI configuration is written, e.g. /etc/cni/net.d");
  app.add_option("--cni-bin-dir", o.cni_bin_dir,
                 "where the CNI plugin is installed, e.g. /opt/cni/bin");
  app.add_option(
         "--cni-binary", o.cni_binaries,
         "the CNI plugins to install, separated by commas; others than ours only if missing")
      ->delimiter(',');
  app.add_option("--proc-sys", o.proc_sys, "where the kernel's settings can be written")
      ->capture_default_str();
  app.add_option("--datapath", o.datapath, "system (kernel), netdev (userspace) or auto")
      ->check(CLI::IsMember({"auto", "system", "netdev"}))
      ->capture_default_str();
  app.add_option("--health-address", o.health_address,
                 "IP:PORT for /healthz, /readyz and /metrics");
  app.add_option("--metrics-address", o.metrics_address,
                 "IP:PORT for /metrics alone, which other hosts and pods may reach");
  app.add_option("--log-level", flags.log_level, "debug, info, warning or error")
      ->capture_default_str();
  app.add_option("--log-format", flags.log_format, "text or json")->capture_default_str();
}

Result<> Run(const Flags& flags) {
  if (auto done = log::Configure(flags.log_level, flags.log_format); !done) return done;
  io::Loop loop;
  auto daemon = Daemon::Open(loop, flags.options);
  if (!daemon) return tl::unexpected(daemon.error());
  Daemon& running = **daemon;

  const std::string path = flags.socket.empty() ? running.options().agent_socket() : flags.socket;
  auto people = io::HttpServer::OnUnixSocket(
      loop, path,
      [&](const io::HttpRequest& request, auto reply) { running.Serve(request, reply); });
  if (!people) return tl::unexpected(people.error());

  const io::Signals stop(loop, {SIGTERM, SIGINT}, [&](int) {
    log::Info("stopping; the datapath goes on");
    running.Retire([&] { loop.Stop(); });
  });
  loop.Run();
  return {};
}

}  // namespace

int Main(int argc, char** argv) {
  CLI::App app("k-vswitchd: the agent of k-vswitch on every node", "k-vswitchd");
  Flags flags;
  Declare(app, flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const auto done = Run(flags);
  if (done) return 0;
  log::Error("{}", done.error().message);
  return 1;
}

}  // namespace kvs::agent
