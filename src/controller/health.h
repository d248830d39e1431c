#pragma once

#include "controller/controller.h"
#include "io/http_server.h"

namespace kvs::controller {

// GET /healthz: the loop turns. /readyz: everything is listed and planned, or another leads.
// /metrics: Prometheus' text format. `controller` is null while another leads.
io::HttpResponse Health(const Controller* controller, const io::HttpRequest& request);

}  // namespace kvs::controller
