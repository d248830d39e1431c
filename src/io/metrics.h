#pragma once

#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>

#include <string>
#include <utility>
#include <vector>

// A program's metrics for Prometheus. Values are read from the program's own counters when they are
// requested: nothing is counted twice.
namespace kvs::io {

inline constexpr char kMetricsType[] = "text/plain; version=0.0.4; charset=utf-8";

// Metrics, in the order in which they were added. Names follow prometheus.io/docs/practices/naming:
// base units, counters end in _total.
class Metrics {
 public:
  using Labels = std::vector<std::pair<std::string, std::string>>;

  Metrics& Gauge(const std::string& name, const std::string& help);
  Metrics& Counter(const std::string& name, const std::string& help);
  // Adds a value of the metric that was added last. A metric without a value isn't shown.
  template <class Number>
  Metrics& Value(Number value, const Labels& labels = {}) {
    return Put(static_cast<double>(value), labels);
  }
  void Add(const std::string& name, const std::string& help,
           const prometheus::Histogram& histogram);

  // The process metrics of Prometheus' client libraries (process_cpu_seconds_total and others).
  // Values that /proc doesn't give are left out.
  void AddProcess();

  // Prometheus' text format (prometheus.io/docs/instrumenting/exposition_formats).
  std::string ToText() const;

 private:
  Metrics& Put(double value, const Labels& labels);

  std::vector<prometheus::MetricFamily> families_;
};

// Values of /proc/PID/stat (proc(5)).
struct ProcessStat {
  double cpu_ticks = 0;    // user and system
  double start_ticks = 0;  // since the boot
  double virtual_bytes = 0;
  double resident_pages = 0;
};
// The program's name in `text` may contain any characters. All 0 if `text` can't be parsed.
ProcessStat ParseProcessStat(const std::string& text);

}  // namespace kvs::io
