#include "agent/watch/limit_watch.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "pipeline/limits.h"
#include "pipeline/plan.h"

namespace kvs::agent {
namespace {

Problem Exceeded(const world::Port& port, const char* what, const pipeline::Limit& limit,
                 uint64_t dropped, std::chrono::milliseconds within, const char* reason) {
  return {port.Object(), what,
          fmt::format(
              "more than the limit of {} per second ({} at once): {} were dropped in {} s; other "
              "pods are not affected; see what the pod does, or spread its work over more pods",
              limit.rate, limit.burst, dropped,
              std::chrono::duration_cast<std::chrono::seconds>(within).count()),
          reason};
}

}  // namespace

void LimitWatch::Look() {
  const auto began = loop_.Now();
  if (asking_ || !connection_.up() || !pace_.AuditIsDue(began)) return;
  asking_ = true;
  connection_.DumpMeterStats([this, began](Result<std::vector<openflow::MeterStats>> stats) {
    asking_ = false;
    pace_.Looked(began, loop_.Now());
    if (stats)
      Note(loop_.Now(), *stats);
    else
      log::Debug("meters: {}", stats.error().message);  // the connection tells of itself
  });
}

void LimitWatch::Note(std::chrono::milliseconds now,
                      const std::vector<openflow::MeterStats>& stats) {
  const auto before = std::exchange(dropped_, {});
  for (const openflow::MeterStats& meter : stats) dropped_[meter.meter_id] = meter.dropped;
  const auto noted = std::exchange(noted_, now);
  problems_.clear();
  if (!noted) return;
  world_.ports.ForEach([&](const world::Port& port) {
    const uint64_t connections = DroppedSince(before, pipeline::ConnectionMeter(port));
    const uint64_t fragments = DroppedSince(before, pipeline::FragmentMeter(port));
    if (connections > 0)
      problems_.push_back(Exceeded(port, "connections", pipeline::kNewConnections, connections,
                                   now - *noted, "ConnectionsLimited"));
    if (fragments > 0)
      problems_.push_back(Exceeded(port, "fragments", pipeline::kFragments, fragments, now - *noted,
                                   "FragmentsLimited"));
    dropped_connections_ += connections;
    dropped_fragments_ += fragments;
  });
}

// A meter with a lower count than before was recreated.
uint64_t LimitWatch::DroppedSince(const std::map<uint32_t, uint64_t>& before,
                                  uint32_t meter) const {
  const auto is = dropped_.find(meter), was = before.find(meter);
  if (is == dropped_.end()) return 0;
  return was == before.end() || is->second < was->second ? is->second : is->second - was->second;
}

}  // namespace kvs::agent
