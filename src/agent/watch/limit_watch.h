#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "apply/frame/pace.h"
#include "base/problem.h"
#include "io/loop.h"
#include "openflow/connection.h"
#include "world/world.h"

namespace kvs::agent {

// Who begins more than a pod may (pipeline/limits.h), by what the switch says of its meters.
class LimitWatch {
 public:
  // All outlive it.
  LimitWatch(io::Loop& loop, openflow::Connection& connection, const world::World& world)
      : loop_(loop), connection_(connection), world_(world) {}

  // Asks the switch, if it is time.
  void Look();
  // What the switch said at `now`. What was dropped before the first time is nobody's news.
  void Note(std::chrono::milliseconds now, const std::vector<openflow::MeterStats>& stats);

  // The pods of which something was dropped between the last two times.
  const std::vector<Problem>& Problems() const { return problems_; }
  // Packets, of pods that are or were here, since the first time.
  uint64_t dropped_connections() const { return dropped_connections_; }
  uint64_t dropped_fragments() const { return dropped_fragments_; }

 private:
  uint64_t DroppedSince(const std::map<uint32_t, uint64_t>& before, uint32_t meter) const;

  io::Loop& loop_;
  openflow::Connection& connection_;
  const world::World& world_;
  apply::Pace pace_{{.audit = std::chrono::seconds(10)}};
  bool asking_ = false;
  std::optional<std::chrono::milliseconds> noted_;
  std::map<uint32_t, uint64_t> dropped_;  // by meter, as of the last time
  std::vector<Problem> problems_;
  uint64_t dropped_connections_ = 0, dropped_fragments_ = 0;
};

}  // namespace kvs::agent
