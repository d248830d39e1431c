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

// Finds pods that begin more connections or fragments than allowed (pipeline/limits.h), by the
// switch's meters.
class LimitWatch {
 public:
  // All must outlive this.
  LimitWatch(io::Loop& loop, openflow::Connection& connection, const world::World& world)
      : loop_(loop), connection_(connection), world_(world) {}

  // Requests the meters' counters if it is time.
  void Look();
  // The counters at `now`. Drops before the first call are not reported.
  void Note(std::chrono::milliseconds now, const std::vector<openflow::MeterStats>& stats);

  // The pods with drops between the last two calls.
  const std::vector<Problem>& Problems() const { return problems_; }
  // Dropped packets since the first call, also of pods that are gone.
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
