#pragma once

#include <cstdint>
#include <vector>

#include "apply/frame/pace.h"
#include "base/problem.h"
#include "flow/ofport.h"
#include "io/loop.h"
#include "openflow/connection.h"
#include "world/world.h"

namespace kvs::agent {

// Keeps the bridge's ports open. Any OpenFlow client can close one (ovs-ofctl mod-port PORT
// no-receive, no-forward), and neither its link nor OVSDB shows that.
class PortWatch {
 public:
  // All must outlive this.
  PortWatch(io::Loop& loop, openflow::Connection& connection, const world::World& world)
      : loop_(loop), connection_(connection), world_(world) {}

  // Checks all ports: for changes made while there were no notifications.
  void Look();
  // The switch's report on one port; if it is ours and closed, it is opened.
  void Note(const openflow::Port& port);

  // Ports that another program closes again and again.
  const std::vector<Problem>& problems() const { return problems_; }
  uint64_t repairs() const { return repairs_; }

 private:
  bool IsOurs(flow::OfPort number) const;

  io::Loop& loop_;
  openflow::Connection& connection_;
  const world::World& world_;
  apply::Pace pace_{{}};
  bool asking_ = false;
  std::vector<Problem> problems_;
  uint64_t repairs_ = 0;
};

}  // namespace kvs::agent
