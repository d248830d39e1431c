#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/agent.h"
#include "agent/node_lock.h"
#include "agent/uninstall.h"
#include "io/blocking_task.h"
#include "io/health_port.h"
#include "io/http_server.h"
#include "io/metrics_port.h"
#include "kube/connect.h"

namespace kvs::agent {

// The process k-vswitchd on its node: it runs the agent or, once k-vswitch is uninstalled from the
// node, no agent until the next install. A mark in the run folder has the UID of the uninstalled
// VSwitchConfig: a VSwitchConfig with another UID belongs to a new install. So restarts don't start
// the agent again, and a new install does.
class Daemon {
 public:
  // Fails if another k-vswitchd runs on this node, or if a flag's value is unusable.
  static Result<std::unique_ptr<Daemon>> Open(io::Loop& loop, Options options);
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  const Options& options() const { return options_; }
  // The interface of api.h; the health address has a part of it.
  void Serve(const io::HttpRequest& request, const io::HttpServer::Reply& reply);
  // As Agent::Retire.
  void Retire(std::function<void()> done);

 private:
  using OnReport = std::function<void(const UninstallReport&)>;

  Daemon(io::Loop& loop, Options options, std::unique_ptr<NodeLock> lock);
  void ServeHealth(const io::HttpRequest& request, const io::HttpServer::Reply& reply);
  void BeAgent();
  void BecomeUninstalled();
  void Become(const Result<>& done);
  Result<> StartAgent();
  Result<> WatchForInstall();
  void NoteInstall(const kube::VSwitchConfig& config);
  void AnswerUninstall(const io::HttpRequest& request, const io::HttpServer::Reply& reply);
  void LeaveNode(bool force, OnReport done);
  void InBackground(const UninstallRequest& request, OnReport done);
  io::HttpResponse AnswerUninstalled(const io::HttpRequest& request) const;
  std::string Metrics() const;

  io::Loop& loop_;
  Options options_;
  std::unique_ptr<NodeLock> lock_;
  io::HealthPort health_;
  io::MetricsPort metrics_;
  std::optional<kube::Connection> kubernetes_;
  std::unique_ptr<kube::Subscription> watch_;  // while uninstalled: for a new install
  std::unique_ptr<Agent> agent_;               // null while uninstalled
  std::unique_ptr<io::BlockingTask> uninstalling_;
  io::Timer again_;  // retries to start the agent
};

}  // namespace kvs::agent
