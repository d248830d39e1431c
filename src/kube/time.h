#pragma once

#include <fmt/chrono.h>
#include <sys/time.h>

#include <string>

// Kubernetes' forms of the time now (metav1.Time and MicroTime; RFC 3339).
namespace kvs::kube {

// Seconds since 1970 in a year that is none: "@10000000000000000".
inline std::string Rfc3339(std::time_t time) {
  std::tm fields{};
  if (gmtime_r(&time, &fields) == nullptr) return fmt::format("@{}", time);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fields);
}

inline std::string MicroTime() {
  timeval now{};
  gettimeofday(&now, nullptr);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06d}Z", fmt::gmtime(now.tv_sec), now.tv_usec);
}

}  // namespace kvs::kube
