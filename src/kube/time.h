#pragma once

#include <fmt/chrono.h>
#include <sys/time.h>

#include <ctime>
#include <optional>
#include <string>

// Kubernetes' forms of time (metav1.Time and MicroTime; RFC 3339, in UTC).
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

// The whole seconds, since 1970, of a time in either form, and what stands after them: "Z", or
// ".123456Z". nullopt: it is none.
struct ReadTime {
  std::time_t seconds;
  std::string rest;
};
inline std::optional<ReadTime> ParseTime(const std::string& text) {
  std::tm fields{};
  const char* end = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &fields);
  if (end == nullptr) return std::nullopt;
  return ReadTime{timegm(&fields), end};
}

}  // namespace kvs::kube
