#pragma once

#include <errno.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

// For benchmarks: figures of code that works, and medians, because the machine's other load comes
// in bursts. The first failure ends the program.
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

// `values` must not be empty.
inline double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// One figure: ours, and a peer's if there is one.
struct Figure {
  std::string_view name;
  std::string_view
      unit;  // "ms", "/s", "Gbit/s", "MiB": what is per second is better when it is more
  double ours = 0;
  std::string_view peer = {};
  double theirs = 0;
  double ratio = 0;  // of ours to theirs
};

// Appends a row for tools/bench to the file that the environment variable BENCH_ROWS names: the
// figure's members in order, separated by tabs.
inline void Record(const Figure& figure) {
  const char* file = std::getenv("BENCH_ROWS");
  if (file == nullptr) return;
  std::ofstream rows(file, std::ios::app);
  rows << fmt::format("{}\t{}\t{:.4g}\t", figure.name, figure.unit, figure.ours);
  if (figure.peer.empty())
    rows << "\t\t\n";
  else
    rows << fmt::format("{}\t{:.4g}\t{:.3f}\n", figure.peer, figure.theirs, figure.ratio);
}

// Prints and records our median, the peer's, and the ratio of the two. Times are in milliseconds.
inline void PrintTimes(std::string_view what, const std::vector<double>& ours,
                       std::string_view peer, const std::vector<double>& theirs) {
  const double mine = Median(ours), other = Median(theirs), ratio = mine / other;
  fmt::print("{:<44} {:7.0f} ms   {:<32} {:7.0f} ms   ratio {:.2f}\n", what, mine, peer, other,
             ratio);
  Record({what, "ms", mine, peer, other, ratio});
}

}  // namespace kvs::bench
