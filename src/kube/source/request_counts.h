#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>

#include "io/metrics.h"

namespace kvs::kube {

// Requests to the API server, by method ("GET" also for a watch) and result: the status of the
// answer, or kNoAnswer.
struct RequestKind {
  std::string method, code;

  friend auto operator<=>(const RequestKind&, const RequestKind&) = default;
};
using RequestCounts = std::map<RequestKind, uint64_t>;

inline constexpr char kNoAnswer[] = "none";

// "200"; a rare status is counted with others of its class: "4xx". So there are few values,
// whichever server answers.
std::string CodeOf(int status);

// Adds metric kvswitch_api_requests_total.
void AddTo(io::Metrics& metrics, const RequestCounts& requests);

}  // namespace kvs::kube
