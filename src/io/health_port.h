#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/problem.h"
#include "io/http_server.h"
#include "io/loop.h"

namespace kvs::io {

// Reasons of the Problem.
inline constexpr char kHealthPortTaken[] = "HealthPortTaken";
inline constexpr char kMetricsPortTaken[] = "MetricsPortTaken";

// Listens on a program's health address (or its metrics address, metrics_port.h). The program runs
// on if it can't listen: then there is a Problem, and it tries again every 2 s.
class HealthPort {
 public:
  // The words of the Problem: its field, the flag with the address, what is unavailable, the
  // reason.
  struct Words {
    std::string field = "health";
    std::string flag = "--health-address";
    std::string loss = "the metrics of this program are unavailable";
    std::string reason = kHealthPortTaken;
  };

  // An empty `address` means no listening. `on_try`, if given, is called after each try.
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
