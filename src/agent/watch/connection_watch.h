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

// Finds pods with more connections than allowed (maxConnectionsPerPod): those that the pod began
// and that are in the datapath's table. The datapath neither reports nor limits them by address, so
// they are counted. A port is crowded from a count above the limit until one below 80 % of it.
class ConnectionWatch {
 public:
  using Counts = std::map<Ip, uint64_t>;  // connections, by who began them

  // All must outlive this.
  ConnectionWatch(io::Loop& loop, ovsdb::Unixctl& vswitchd, world::World& world,
                  std::function<void()> on_change)
      : loop_(loop), vswitchd_(vswitchd), world_(world), on_change_(std::move(on_change)) {}

  // Counts if it is time: at every call, but using at most a twentieth of the time; with the
  // userspace datapath, which does not forward meanwhile, a two-hundredth. `remembered`: the number
  // of connections in the table; nothing is counted if that is below every pod's limit.
  void Look(uint64_t remembered);
  // The result of a count. After a failure, crowded ports stay crowded, and no others become
  // crowded.
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
