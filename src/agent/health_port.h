#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/problem.h"
#include "io/http_server.h"
#include "io/loop.h"

namespace kvs::agent {

// Listens on the health address, for metrics and for people. Pods are served without it: an address
// that another program has is a Problem, and is tried again every 2 s.
class HealthPort {
 public:
  // `address` empty: it listens nowhere.
  HealthPort(io::Loop& loop, std::string address, io::HttpServer::Serve serve);
  HealthPort(const HealthPort&) = delete;
  HealthPort& operator=(const HealthPort&) = delete;

  const std::optional<Problem>& problem() const { return problem_; }

 private:
  void Listen();

  io::Loop& loop_;
  std::string address_;
  io::HttpServer::Serve serve_;
  io::Timer again_;
  std::optional<Problem> problem_;
  std::unique_ptr<io::HttpServer> server_;
};

}  // namespace kvs::agent
