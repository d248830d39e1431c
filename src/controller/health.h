#pragma once

#include "controller/controller.h"
#include "io/http_server.h"

namespace kvs::controller {

// GET /healthz: the loop turns. /readyz: everything is listed and planned. /metrics: Prometheus'
// text format.
io::HttpResponse Health(const Controller& controller, const io::HttpRequest& request);

}  // namespace kvs::controller
