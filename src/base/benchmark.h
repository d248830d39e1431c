#pragma once

#include <errno.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

// For benchmarks: a measure of what works only, which ends at the first failure, and medians, since
// what else the machine does comes in bursts.
namespace kvs::bench {

[[noreturn]] inline void Die(std::string_view why) {
  fmt::print(stderr, "{}: {}\n", program_invocation_short_name, why);
  std::exit(1);
}

template <class T>
T Need(Result<T> result) {
  if (!result) Die(result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

template <class Work>
double Milliseconds(Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

// `values` are not empty.
inline double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// A line: our median, the peer's, and the ratio of the two. Times in milliseconds.
inline void PrintTimes(std::string_view what, const std::vector<double>& ours,
                       std::string_view peer, const std::vector<double>& theirs) {
  fmt::print("{:<44} {:7.0f} ms   {:<32} {:7.0f} ms   ratio {:.2f}\n", what, Median(ours), peer,
             Median(theirs), Median(ours) / Median(theirs));
}

}  // namespace kvs::bench
