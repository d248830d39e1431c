#include "io/metrics_port.h"

#include "io/metrics.h"

namespace kvs::io {
namespace {

constexpr std::chrono::milliseconds kOld{1000};

}  // namespace

MetricsPort::MetricsPort(Loop& loop, std::string address, std::function<std::string()> text,
                         std::function<void(const std::optional<Problem>&)> on_try)
    : loop_(loop),
      make_text_(std::move(text)),
      port_(loop, std::move(address),
            [this](const HttpRequest& request, const HttpServer::Reply& reply) {
              reply(Answer(request));
            },
            std::move(on_try),
            {.field = "metrics",
             .flag = "--metrics-address",
             .loss = "the metrics of this program are unavailable to other hosts",
             .reason = kMetricsPortTaken}) {}

HttpResponse MetricsPort::Answer(const HttpRequest& request) {
  if (request.path != "/metrics") return {.status = 404, .body = "not found; use /metrics\n"};
  if (request.method != "GET" && request.method != "HEAD")
    return {.status = 405, .body = "only GET\n"};
  if (!made_at_ || loop_.Now() - *made_at_ >= kOld) {
    text_ = make_text_();
    made_at_ = loop_.Now();
  }
  return {.content_type = kMetricsType, .body = text_};
}

}  // namespace kvs::io
