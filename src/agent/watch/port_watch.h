#pragma once

#include <cstdint>
#include <vector>

#include "apply/frame/pace.h"
#include "base/problem.h"
#include "io/loop.h"
#include "openflow/connection.h"
#include "world/world.h"

namespace kvs::agent {

// Sees that the bridge's ports take and give packets. In OpenFlow anybody can shut one (ovs-ofctl
// mod-port PORT no-receive, no-forward), and neither its link nor OVSDB shows it.
class PortWatch {
 public:
  // All outlive it.
  PortWatch(io::Loop& loop, openflow::Connection& connection, const world::World& world)
      : loop_(loop), connection_(connection), world_(world) {}

  // Looks at all of them: whatever changed while nobody could tell.
  void Look();
  // What the switch told of one; it is opened if it is ours and shut.
  void Note(const openflow::Port& port);

  // Where somebody else shuts them again and again.
  const std::vector<Problem>& problems() const { return problems_; }
  uint64_t repairs() const { return repairs_; }

 private:
  bool IsOurs(uint32_t number) const;

  io::Loop& loop_;
  openflow::Connection& connection_;
  const world::World& world_;
  apply::Pace pace_{{}};
  bool asking_ = false;
  std::vector<Problem> problems_;
  uint64_t repairs_ = 0;
};

}  // namespace kvs::agent
