#include "controller/health.h"

#include "base/version.h"
#include "io/metrics.h"

namespace kvs::controller {

std::string MetricsText(const Controller* controller, const kube::RequestCounts& requests) {
  io::Metrics all;
  all.Gauge("kvswitch_build_info", "Version of the program; always 1.")
      .Value(1, {{"version", kVersion}});
  all.Gauge("kvswitch_controller_leading", "1 if this controller is the leader, else 0.")
      .Value(controller != nullptr ? 1 : 0);
  if (controller != nullptr) {
    const auto& counters = controller->counters();
    all.Gauge("kvswitch_controller_nodes", "Nodes of the cluster.").Value(controller->nodes());
    all.Gauge("kvswitch_controller_nodes_refused",
              "Nodes whose VSwitchConfig has condition Accepted False; its message says why.")
        .Value(controller->refused());
    all.Gauge("kvswitch_controller_problems",
              "Unreadable or invalid objects of the API server, and servers that don't answer; see "
              "the log.")
        .Value(controller->problems().size());
    all.Counter("kvswitch_controller_plans_total",
                "Times that the configuration of all nodes was computed.")
        .Value(counters.plans);
    all.Counter("kvswitch_controller_writes_total",
                "VSwitchConfigs and node conditions written or deleted.")
        .Value(counters.writes);
    all.Counter("kvswitch_controller_write_errors_total",
                "Writes that the API server refused or did not answer; they are retried.")
        .Value(counters.write_errors);
  }
  kube::AddTo(all, requests);
  all.AddProcess();
  return all.ToText();
}

io::HttpResponse Health(const Controller* controller, const kube::RequestCounts& requests,
                        const io::HttpRequest& request) {
  if (request.method != "GET") return {.status = 405, .body = "only GET\n"};
  if (request.path == "/healthz") return {.body = "ok\n"};
  if (request.path == "/readyz") {
    if (controller == nullptr) return {.body = "ok: another leads\n"};
    if (controller->ready()) return {.body = "ok\n"};
    return {.status = 503, .body = "not everything is listed yet\n"};
  }
  if (request.path == "/metrics")
    return {.content_type = io::kMetricsType, .body = MetricsText(controller, requests)};
  return {.status = 404, .body = "not found; use /healthz, /readyz or /metrics\n"};
}

}  // namespace kvs::controller
