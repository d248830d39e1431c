#include "controller/health.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace kvs::controller {
namespace {

using prometheus::MetricType;

prometheus::MetricFamily Metric(const char* name, const char* what, MetricType type, double value) {
  prometheus::ClientMetric metric;
  (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  return {name, what, type, {metric}};
}

std::string Metrics(const Controller* leading) {
  const auto leads = Metric("kvswitch_controller_leading", "Whether this one leads.",
                            MetricType::Gauge, leading != nullptr ? 1 : 0);
  if (leading == nullptr) return prometheus::TextSerializer().Serialize({leads});
  const Controller& controller = *leading;
  const auto count = [](auto number) { return static_cast<double>(number); };
  const auto& counters = controller.counters();
  return prometheus::TextSerializer().Serialize({
      leads,
      Metric("kvswitch_controller_nodes", "Nodes that are known.", MetricType::Gauge,
             count(controller.nodes())),
      Metric("kvswitch_controller_nodes_refused", "Nodes whose VSwitchConfig is not Accepted.",
             MetricType::Gauge, count(controller.refused())),
      Metric("kvswitch_controller_problems", "Bad objects in the source.", MetricType::Gauge,
             count(controller.problems().size())),
      Metric("kvswitch_controller_plans_total", "Plans made.", MetricType::Counter,
             count(counters.plans)),
      Metric("kvswitch_controller_writes_total", "VSwitchConfigs written or deleted.",
             MetricType::Counter, count(counters.writes)),
      Metric("kvswitch_controller_write_errors_total", "Writes that failed.", MetricType::Counter,
             count(counters.write_errors)),
  });
}

}  // namespace

io::HttpResponse Health(const Controller* controller, const io::HttpRequest& request) {
  if (request.method != "GET") return {.status = 405, .body = "only GET\n"};
  if (request.path == "/healthz") return {.body = "ok\n"};
  if (request.path == "/readyz") {
    if (controller == nullptr) return {.body = "ok: another leads\n"};
    if (controller->ready()) return {.body = "ok\n"};
    return {.status = 503, .body = "not everything is listed yet\n"};
  }
  if (request.path == "/metrics")
    return {.content_type = "text/plain; version=0.0.4; charset=utf-8",
            .body = Metrics(controller)};
  return {.status = 404, .body = "there are /healthz, /readyz and /metrics\n"};
}

}  // namespace kvs::controller
