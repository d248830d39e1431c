#pragma once

#include <fmt/chrono.h>
#include <sys/time.h>

#include <algorithm>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

// Kubernetes' forms of time (metav1.Time and MicroTime; RFC 3339, in UTC).
namespace kvs::kube {

// Seconds since 1970 as RFC 3339; "@10000000000000000" if the year is out of range.
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

// The whole seconds since 1970 of a time in either form, and the rest after them: "Z", or
// ".123456Z". nullopt: malformed.
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

// Seconds since 1970 of a time that may have a fraction, which is dropped, and any offset such as
// "+02:00". nullopt: malformed.
inline std::optional<std::time_t> SecondsOf(const std::string& text) {
  const auto time = ParseTime(text);
  if (!time) return std::nullopt;
  std::string_view offset = time->rest;
  if (offset.starts_with('.'))
    offset.remove_prefix(std::min(offset.find_first_not_of("0123456789", 1), offset.size()));
  if (offset == "Z") return time->seconds;
  std::tm fields{};
  if (offset.size() != 6 || (offset[0] != '+' && offset[0] != '-')) return std::nullopt;
  const char* end = strptime(offset.data() + 1, "%H:%M", &fields);
  if (end == nullptr || *end != '\0') return std::nullopt;
  const std::time_t ahead = fields.tm_hour * 3600 + fields.tm_min * 60;
  return time->seconds - (offset[0] == '+' ? ahead : -ahead);
}

}  // namespace kvs::kube
