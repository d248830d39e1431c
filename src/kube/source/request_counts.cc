#include "kube/source/request_counts.h"

#include <algorithm>

namespace kvs::kube {

std::string CodeOf(int status) {
  static constexpr int kOwn[] = {200, 201, 400, 401, 403, 404, 409,
                                 410, 422, 429, 500, 502, 503, 504};
  if (std::ranges::count(kOwn, status) > 0) return std::to_string(status);
  return status >= 100 && status < 600 ? std::to_string(status / 100) + "xx" : "other";
}

void AddTo(io::Metrics& metrics, const RequestCounts& requests) {
  metrics.Counter("kvswitch_api_requests_total",
                  "Requests to the API server, by HTTP method and status; code none: no answer.");
  for (const auto& [kind, count] : requests)
    metrics.Value(count, {{"method", kind.method}, {"code", kind.code}});
}

}  // namespace kvs::kube
