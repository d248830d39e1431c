#pragma once

#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>

#include <string>
#include <utility>
#include <vector>

// What a program shows of itself to Prometheus. Metrics are read off its own counters when they
// are asked for: nothing is counted twice.
namespace kvs::io {

inline constexpr char kMetricsType[] = "text/plain; version=0.0.4; charset=utf-8";

// Metrics in the order in which they are added. Their names follow
// prometheus.io/docs/practices/naming: base units, counters end in _total.
class Metrics {
 public:
  using Labels = std::vector<std::pair<std::string, std::string>>;

  Metrics& Gauge(const std::string& name, const std::string& help);
  Metrics& Counter(const std::string& name, const std::string& help);
  // Of the gauge or counter that was added last. One without a value isn't shown.
  template <class Number>
  Metrics& Value(Number value, const Labels& labels = {}) {
    return Put(static_cast<double>(value), labels);
  }
  void Add(const std::string& name, const std::string& help,
           const prometheus::Histogram& histogram);

  // This process: process_cpu_seconds_total and the others that Prometheus' client libraries have.
  // What /proc doesn't tell is left out.
  void AddProcess();

  // Prometheus' text format (prometheus.io/docs/instrumenting/exposition_formats).
  std::string ToText() const;

 private:
  Metrics& Put(double value, const Labels& labels);

  std::vector<prometheus::MetricFamily> families_;
};

// What /proc/PID/stat says of a process (proc(5)).
struct ProcessStat {
  double cpu_ticks = 0;    // user and system
  double start_ticks = 0;  // since the boot
  double virtual_bytes = 0;
  double resident_pages = 0;
};
// The program's name in it may hold anything. All 0 if it can't be read.
ProcessStat ParseProcessStat(const std::string& text);

}  // namespace kvs::io
