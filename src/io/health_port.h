#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/problem.h"
#include "io/http_server.h"
#include "io/loop.h"

namespace kvs::io {

// Reasons of its problem.
inline constexpr char kHealthPortTaken[] = "HealthPortTaken";
inline constexpr char kMetricsPortTaken[] = "MetricsPortTaken";

// Listens on a program's health address (or another one, metrics_port.h), for metrics and for
// people. The program goes on without it: an address that another has is a Problem, and is tried
// again every 2 s.
class HealthPort {
 public:
  // What its problem says: the field, the flag that names the address, what is lost, the reason.
  struct Words {
    std::string field = "health";
    std::string flag = "--health-address";
    std::string loss = "there are no metrics of this program";
    std::string reason = kHealthPortTaken;
  };

  // `address` empty: it listens nowhere. `on_try`, if given, is called after each try.
  HealthPort(Loop& loop, std::string address, HttpServer::Serve serve,
             std::function<void(const std::optional<Problem>&)> on_try, Words words);
  HealthPort(Loop& loop, std::string address, HttpServer::Serve serve,
             std::function<void(const std::optional<Problem>&)> on_try = {})
      : HealthPort(loop, std::move(address), std::move(serve), std::move(on_try), Words{}) {}
  HealthPort(const HealthPort&) = delete;
  HealthPort& operator=(const HealthPort&) = delete;

  const std::optional<Problem>& problem() const { return problem_; }

 private:
  void Listen();

  Loop& loop_;
  std::string address_;
  HttpServer::Serve serve_;
  std::function<void(const std::optional<Problem>&)> on_try_;
  Words words_;
  Timer again_;
  std::optional<Problem> problem_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace kvs::io
