#include "agent/daemon.h"

#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>

#include "agent/api.h"
#include "agent/metrics.h"
#include "base/file.h"
#include "base/log.h"
#include "io/metrics.h"

namespace kvs::agent {
namespace {

// An agent that is asked to stop has 5 s (deploy/base/agent.yaml); giving up earlier would make the
// kubelet wait 10 s or more before it tries again.
constexpr std::chrono::seconds kTimeout{6};
constexpr char kNoInstall[] = "none";  // no VSwitchConfig was known
constexpr char kSaying[] = "uninstalled from this node by `kvs uninstall`";

bool Has(const io::HttpRequest& request, const std::string& flag) {
  const auto found = request.query.find(flag);
  return found != request.query.end() && found->second == "1";
}

io::HttpResponse Text(int status, const std::string& text) {
  return {status, "text/plain; charset=utf-8", text + "\n"};
}

}  // namespace

Daemon::Daemon(io::Loop& loop, Options options, std::unique_ptr<NodeLock> lock)
    : loop_(loop),
      options_(std::move(options)),
      lock_(std::move(lock)),
      health_(loop, options_.health_address,
              [this](const io::HttpRequest& request, const io::HttpServer::Reply& reply) {
                ServeHealth(request, reply);
              }),
      metrics_(loop, options_.metrics_address, [this] { return Metrics(); }),
      again_(loop, [this] { BeAgent(); }) {}

Result<std::unique_ptr<Daemon>> Daemon::Open(io::Loop& loop, Options options) {
  auto lock = NodeLock::Take(options.lock_file(), kTimeout);
  if (!lock) return tl::unexpected(lock.error());
  std::unique_ptr<Daemon> daemon(new Daemon(loop, std::move(options), std::move(*lock)));
  if (Exists(daemon->options_.uninstalled_mark())) {
    // The previous process may have been killed before the uninstallation was complete.
    daemon->LeaveNode(false, [](const UninstallReport&) {});
  } else if (auto done = daemon->StartAgent(); !done) {
    return tl::unexpected(done.error());
  }
  return daemon;
}

void Daemon::BeAgent() { Become(StartAgent()); }
void Daemon::BecomeUninstalled() { Become(WatchForInstall()); }

// After an exit, the kubelet restarts the program, which tries again.
void Daemon::Become(const Result<>& done) {
  if (done) return;
  log::Error("{}", done.error().message);
  loop_.Stop();
}

Result<> Daemon::StartAgent() {
  watch_.reset();
  kubernetes_.reset();
  if (unlink(options_.uninstalled_mark().c_str()) != 0 && errno != ENOENT)
    return FailErrno(errno, "remove {}", options_.uninstalled_mark());
  auto kubernetes = kube::Connect(loop_, options_.kubernetes, {});
  if (!kubernetes) return tl::unexpected(kubernetes.error());
  kubernetes_ = std::move(*kubernetes);
  auto agent = Agent::Open(loop_, options_, std::move(kubernetes_->source));
  if (!agent) return tl::unexpected(agent.error());
  agent_ = std::move(*agent);
  agent_->WatchProgram([this] {
    std::vector<Problem> problems;
    for (const auto& problem : {health_.problem(), metrics_.problem()})
      if (problem) problems.push_back(*problem);
    return problems;
  });
  return {};
}

Result<> Daemon::WatchForInstall() {
  log::Info("{}; waiting for a new install", kSaying);
  kube::ConnectOptions where = options_.kubernetes;
  where.state_dir.clear();  // nothing is left there
  auto kubernetes = kube::Connect(loop_, where, {});
  if (!kubernetes) return tl::unexpected(kubernetes.error());
  kubernetes_ = std::move(*kubernetes);
  watch_ = kubernetes_->source->Watch<kube::VSwitchConfig>(
      {.on_put = [this](const kube::VSwitchConfig& config) { NoteInstall(config); },
       .on_erase = {},
       .on_synced = {}});
  return {};
}

void Daemon::NoteInstall(const kube::VSwitchConfig& config) {
  if (config.meta.name != options_.node_name || again_.active()) return;
  if (ReadFile(options_.uninstalled_mark()) != config.meta.uid) {
    log::Info("VSwitchConfig/{} belongs to a new install", config.meta.name);
    return again_.Start(std::chrono::milliseconds(0));
  }
  kube::VSwitchConfig told;
  told.meta.name = config.meta.name;
  told.status = StatusOfUninstalled(kSaying, config.status);
  const auto* shown = kube::FindCondition(config.status.conditions, kube::VSwitchConfig::kReady);
  if (shown != nullptr && shown->reason == told.status.conditions.front().reason) return;
  kubernetes_->source->Apply(told, kManager, [](const Result<>& done) {
    if (!done) log::Warning("status: {}", done.error().message);
  });
}

void Daemon::AnswerUninstall(const io::HttpRequest& request, const io::HttpServer::Reply& reply) {
  if (request.method != "POST") return reply(Text(405, "use POST"));
  if (uninstalling_) return reply(Text(409, "uninstalling already; ask again in a few seconds"));
  const UninstallRequest uninstall{.dry_run = Has(request, "dry-run"),
                                   .force = Has(request, "force")};
  const auto answer = [this, reply](const UninstallReport& report) {
    reply({report.refused ? 409 : 200, "application/json", report.ToJson(options_.node_name)});
  };
  // A dry run first: if the node must refuse, the agent goes on undisturbed.
  InBackground({.dry_run = true, .force = uninstall.force},
               [this, uninstall, answer](const UninstallReport& report) {
                 if (uninstall.dry_run || report.refused) return answer(report);
                 LeaveNode(uninstall.force, answer);
               });
}

// The mark comes first: from then on no agent restores anything.
void Daemon::LeaveNode(bool force, OnReport done) {
  if (agent_) {
    const kube::VSwitchConfig* config = agent_->config();
    const auto marked =
        WriteFile(options_.uninstalled_mark(), config == nullptr ? kNoInstall : config->meta.uid);
    if (!marked) return done({.problems = {marked.error().message}});
    agent_.reset();
  }
  InBackground({.force = force}, [this, done = std::move(done)](const UninstallReport& report) {
    for (const std::string& thing : report.done) log::Info("removed: {}", thing);
    for (const std::string& problem : report.problems) log::Warning("uninstall: {}", problem);
    done(report);
    if (report.refused) return again_.Start(std::chrono::milliseconds(0));
    if (!watch_) BecomeUninstalled();
  });
}

void Daemon::InBackground(const UninstallRequest& request, OnReport done) {
  const auto report = std::make_shared<UninstallReport>();
  uninstalling_ = io::BlockingTask::Run(
      loop_, [report, options = options_, request] { *report = Uninstall(options, request); },
      [this, report, done = std::move(done)] {
        const auto over = std::move(uninstalling_);
        done(*report);
      });
}

io::HttpResponse Daemon::AnswerUninstalled(const io::HttpRequest& request) const {
  if (request.path == "/healthz") return Text(200, "ok");
  if (request.path == "/metrics") return {200, io::kMetricsType, Metrics()};
  if (request.path != "/v1/status") return Text(503, kSaying);
  const boost::json::object problem = {
      {"object", "Host"}, {"field", "network"}, {"message", kSaying}};
  const boost::json::object status = {
      {"node", options_.node_name}, {"ready", false}, {"problems", boost::json::array{problem}}};
  return {200, "application/json", boost::json::serialize(status) + "\n"};
}

std::string Daemon::Metrics() const {
  return MetricsText(agent_ ? std::optional(FiguresOf(*agent_)) : std::nullopt);
}

void Daemon::Serve(const io::HttpRequest& request, const io::HttpServer::Reply& reply) {
  if (request.path == "/v1/uninstall") return AnswerUninstall(request, reply);
  if (!agent_) return reply(AnswerUninstalled(request));
  agent::Serve(*agent_, request, reply);
}

void Daemon::ServeHealth(const io::HttpRequest& request, const io::HttpServer::Reply& reply) {
  if (!agent_) return reply(AnswerUninstalled(request));
  agent::ServeHealth(*agent_, request, reply);
}

void Daemon::Retire(std::function<void()> done) {
  if (!agent_) return done();
  agent_->Retire(std::move(done));
}

}  // namespace kvs::agent
