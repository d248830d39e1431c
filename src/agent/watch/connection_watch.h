#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "apply/frame/pace.h"
#include "base/net.h"
#include "base/problem.h"
#include "base/result.h"
#include "io/blocking_task.h"
#include "io/loop.h"
#include "ovsdb/unixctl.h"
#include "world/world.h"

namespace kvs::agent {

// Who has more connections than a pod may (maxConnectionsPerPod): those that its pod began and that
// the datapath remembers, as it neither tells of them nor bounds them by address. Such a port is
// crowded, from when a count finds it above the number until one finds it below 80 % of that.
class ConnectionWatch {
 public:
  using Counts = std::map<Ip, uint64_t>;  // connections, by who began them

  // All outlive it.
  ConnectionWatch(io::Loop& loop, ovsdb::Unixctl& vswitchd, world::World& world,
                  std::function<void()> on_change)
      : loop_(loop), vswitchd_(vswitchd), world_(world), on_change_(std::move(on_change)) {}

  // Counts, if it is time: at each call, as far as that takes a twentieth of the time at most; in
  // userspace, where the switch forwards nothing meanwhile, a two-hundredth.
  // `remembered`: all connections of the table, for where those are too few to be too many of one
  // pod nobody need count.
  void Look(uint64_t remembered);
  // What a count came to. Where it failed, who is crowded stays so, and nobody else becomes it.
  void Note(const Result<Counts>& counts);

  const std::vector<Problem>& problems() const { return problems_; }

 private:
  void CountInKernel();
  void CountInSwitch();
  void End(const Result<Counts>& counts);

  io::Loop& loop_;
  ovsdb::Unixctl& vswitchd_;
  world::World& world_;
  const std::function<void()> on_change_;
  apply::Pace pace_{{.audit = std::chrono::seconds(3)}};
  std::chrono::milliseconds began_{0};
  bool counting_ = false;
  std::unique_ptr<io::BlockingTask> walk_;
  std::vector<Problem> problems_;
};

}  // namespace kvs::agent
