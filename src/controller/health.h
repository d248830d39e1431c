#pragma once

#include "controller/controller.h"
#include "io/http_server.h"
#include "kube/source/request_counts.h"

namespace kvs::controller {

// GET /healthz: 200 while the loop runs. /readyz: 200 if everything is listed and planned, or if
// another controller leads. /metrics: MetricsText(). `controller` is null while another leads.
io::HttpResponse Health(const Controller* controller, const kube::RequestCounts& requests,
                        const io::HttpRequest& request);

// Prometheus' text format; docs/operate.md lists the metrics. `requests`: this program's, to the
// API server.
std::string MetricsText(const Controller* controller, const kube::RequestCounts& requests);

}  // namespace kvs::controller
