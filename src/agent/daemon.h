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

// What k-vswitchd is on its node: the agent; or, once the node is uninstalled, nobody, until it is
// installed again. A mark in the run folder says that it is uninstalled, and of which install, by
// the uid of the node's VSwitchConfig: one with another uid is of a new install. So it stays
// nobody however often it is restarted, and works again in a fresh install.
class Daemon {
 public:
  // Fails if another k-vswitchd runs on this node, or what the flags name is unusable.
  static Result<std::unique_ptr<Daemon>> Open(io::Loop& loop, Options options);
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  const Options& options() const { return options_; }
  // What api.h says; the health address shows a part of it.
  void Serve(const io::HttpRequest& request, const io::HttpServer::Reply& reply);
  // Agent::Retire.
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
  void InBackground(const UninstallWish& wish, OnReport done);
  io::HttpResponse AnswerUninstalled(const io::HttpRequest& request) const;
  std::string Metrics() const;

  io::Loop& loop_;
  Options options_;
  std::unique_ptr<NodeLock> lock_;
  io::HealthPort health_;
  io::MetricsPort metrics_;
  std::optional<kube::Connection> kubernetes_;
  std::unique_ptr<kube::Subscription> watch_;  // of nobody, for a new install
  std::unique_ptr<Agent> agent_;               // or nobody
  std::unique_ptr<io::BlockingTask> uninstalling_;
  io::Timer again_;  // to be the agent
};

}  // namespace kvs::agent
