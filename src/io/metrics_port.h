#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "io/health_port.h"

namespace kvs::io {

// Serves a program's metrics on an address that other hosts and pods may reach: only GET /metrics,
// in plain HTTP, without authentication. The text is generated at most once a second, so that
// frequent requests cost little.
class MetricsPort {
 public:
  // An empty `address` means no listening. `text` generates the metrics. `on_try` as in HealthPort.
  MetricsPort(Loop& loop, std::string address, std::function<std::string()> text,
              std::function<void(const std::optional<Problem>&)> on_try = {});

  const std::optional<Problem>& problem() const { return port_.problem(); }

 private:
  HttpResponse Answer(const HttpRequest& request);

  Loop& loop_;
  std::function<std::string()> make_text_;
  std::string text_;
  std::optional<std::chrono::milliseconds> made_at_;
  HealthPort port_;
};

}  // namespace kvs::io
