#pragma once

#include <prometheus/histogram.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kube/source/request_counts.h"
#include "ovsdb/dpctl.h"

namespace kvs::agent {

class Agent;

// The agent's counters and measurements for /metrics.
struct Figures {
  std::string ovs_version, datapath;  // empty: not known
  bool ready = false;
  size_t problems = 0;
  size_t pods = 0, pods_waiting = 0, pods_at_limit = 0, nodes = 0;
  size_t flows = 0, flows_refused = 0;
  uint64_t flow_changes = 0, flow_repairs = 0, flow_dumps = 0;
  uint64_t dropped_connections = 0, dropped_fragments = 0;  // packets
  uint64_t ovsdb_repairs = 0, host_repairs = 0, port_repairs = 0;
  uint64_t ports_deleted = 0, ports_restored = 0;
  uint64_t ovsdb_connections = 0, openflow_connections = 0;
  uint64_t rule_runs = 0;
  std::vector<ovsdb::ZoneLimit> zones;
  uint64_t connections = 0;                  // in the whole table
  std::optional<uint64_t> connections_most;  // nullopt: not known; 0: there is no bound
  kube::RequestCounts requests;
  const prometheus::Histogram* attach_seconds = nullptr;  // nullptr: not shown
};
Figures FiguresOf(const Agent& agent);

// In Prometheus' text format; docs/operate.md lists the metrics. nullopt: the node is uninstalled,
// and there is no agent.
std::string MetricsText(const std::optional<Figures>& figures);

// Histogram of how long pods wait, in seconds: usually 5 to 50 ms, and CNI ADD gives up after 10 s.
inline const prometheus::Histogram::BucketBoundaries kAttachSeconds{
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

}  // namespace kvs::agent
