#include "io/metrics.h"

#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <sstream>

#include "base/file.h"

namespace kvs::io {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricType;

// Seconds since 1970; 0: not known.
double BootTime() {
  std::istringstream stat(ReadFile("/proc/stat").value_or(""));
  for (std::string line; std::getline(stat, line);)
    if (line.starts_with("btime ")) return std::strtod(line.c_str() + 6, nullptr);
  return 0;
}

}  // namespace

Metrics& Metrics::Gauge(const std::string& name, const std::string& help) {
  families_.push_back({name, help, MetricType::Gauge, {}});
  return *this;
}

Metrics& Metrics::Counter(const std::string& name, const std::string& help) {
  families_.push_back({name, help, MetricType::Counter, {}});
  return *this;
}

Metrics& Metrics::Put(double value, const Labels& labels) {
  prometheus::MetricFamily& family = families_.back();
  ClientMetric& metric = family.metric.emplace_back();
  for (const auto& [name, text] : labels) metric.label.push_back({name, text});
  (family.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  return *this;
}

void Metrics::Add(const std::string& name, const std::string& help,
                  const prometheus::Histogram& histogram) {
  families_.push_back({name, help, MetricType::Histogram, {histogram.Collect()}});
}

void Metrics::AddProcess() {
  const ProcessStat stat = ParseProcessStat(ReadFile("/proc/self/stat").value_or(""));
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  Counter("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.")
      .Value(stat.cpu_ticks / ticks);
  Gauge("process_resident_memory_bytes", "Resident memory size in bytes.")
      .Value(stat.resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE)));
  Gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.").Value(stat.virtual_bytes);
  if (const double boot = BootTime(); boot > 0)
    Gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.")
        .Value(boot + stat.start_ticks / ticks);
  if (const auto fds = NamesIn("/proc/self/fd"); fds && !fds->empty())  // one is the folder's
    Gauge("process_open_fds", "Number of open file descriptors.").Value(fds->size() - 1);
  if (rlimit limit{}; getrlimit(RLIMIT_NOFILE, &limit) == 0)
    Gauge("process_max_fds", "Maximum number of open file descriptors.").Value(limit.rlim_cur);
}

std::string Metrics::ToText() const {
  std::vector<prometheus::MetricFamily> shown;
  for (const prometheus::MetricFamily& family : families_)
    if (!family.metric.empty()) shown.push_back(family);
  return prometheus::TextSerializer().Serialize(shown);
}

ProcessStat ParseProcessStat(const std::string& text) {
  ProcessStat stat;
  const size_t name_end = text.rfind(')');
  if (name_end == text.npos) return stat;
  std::istringstream fields(text.substr(name_end + 1));
  std::string word;
  for (int number = 3; fields >> word; ++number) {  // as numbered in proc(5)
    const double value = std::strtod(word.c_str(), nullptr);
    if (number == 14 || number == 15) stat.cpu_ticks += value;
    if (number == 22) stat.start_ticks = value;
    if (number == 23) stat.virtual_bytes = value;
    if (number == 24) stat.resident_pages = value;
  }
  return stat;
}

}  // namespace kvs::io
