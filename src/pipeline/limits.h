#pragma once

#include <cstdint>

#include "flow/flow.h"
#include "world/world.h"

// How much a pod may begin, in packets that begin something: so many a second, and so many at once
// after a pause. A pod that begins more has to wait; other pods do not.
namespace kvs::pipeline {

struct Limit {
  uint32_t rate = 0;   // a second
  uint32_t burst = 0;  // at once

  flow::Meter Of(uint32_t meter) const { return {meter, rate, burst}; }
};

// A process without privileges begins 34,000 connections a second, raw sockets 140,000: a table of
// 262,144 (nf_conntrack_max of most nodes) would be full in seconds. At this rate a pod needs more
// than a minute.
inline constexpr Limit kNewConnections{.rate = 4000, .burst = 8000};

// In userspace Open vSwitch holds 5,000 fragments at most (dpctl/ipf-set-max-nfrags), each for 15 s
// if the rest does not come. One pod's are burst + 15 s * rate = 4,000 of them at most.
inline constexpr Limit kFragments{.rate = 200, .burst = 1000};

// A port's meters. The switch gives no two ports one number, and a port keeps it for life; so do
// the meters, and they never collide.
constexpr uint32_t ConnectionMeter(const world::Port& port) { return 2 * port.ofport; }
constexpr uint32_t FragmentMeter(const world::Port& port) { return 2 * port.ofport + 1; }

}  // namespace kvs::pipeline
