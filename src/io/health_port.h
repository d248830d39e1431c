#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/problem.h"
#include "io/http_server.h"
#include "io/loop.h"

namespace kvs::io {

inline constexpr char kHealthPortTaken[] = "HealthPortTaken";  // the reason of its problem

// Listens on a program's health address, for metrics and for people. The program goes on without
// it: an address that another has is a Problem, and is tried again every 2 s.
class HealthPort {
 public:
  // `address` empty: it listens nowhere. `on_try`, if given, is called after each try.
  HealthPort(Loop& loop, std::string address, HttpServer::Serve serve,
             std::function<void(const std::optional<Problem>&)> on_try = {});
  HealthPort(const HealthPort&) = delete;
  HealthPort& operator=(const HealthPort&) = delete;

  const std::optional<Problem>& problem() const { return problem_; }

 private:
  void Listen();

  Loop& loop_;
  std::string address_;
  HttpServer::Serve serve_;
  std::function<void(const std::optional<Problem>&)> on_try_;
  Timer again_;
  std::optional<Problem> problem_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace kvs::io
