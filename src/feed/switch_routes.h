#pragma once

#include <functional>
#include <set>
#include <string_view>

#include "base/net.h"
#include "ovsdb/unixctl.h"

namespace kvs::feed {

// The local addresses in the routing table that ovs-vswitchd keeps for tunnels of the userspace
// datapath (ovs-appctl ovs/route/show): it can send from these only. It follows the kernel without
// a notification, so it is polled.
class SwitchRoutes {
 public:
  // `on_change`: called when the addresses change or become known.
  SwitchRoutes(ovsdb::Unixctl& vswitchd, std::function<void()> on_change)
      : vswitchd_(vswitchd), on_change_(std::move(on_change)) {}

  // Requests the table, unless a request is in progress. If there is no answer, the known addresses
  // stay.
  void Ask();
  // Whether a request has been answered, or has failed.
  bool known() const { return known_; }
  const std::set<Ip>& local_addresses() const { return local_addresses_; }

 private:
  ovsdb::Unixctl& vswitchd_;
  std::function<void()> on_change_;
  std::set<Ip> local_addresses_;
  bool known_ = false;
  bool asking_ = false;
};

// Parses "Cached: 10.200.0.1/32 dev br-phy SRC 10.200.0.1 local" and the like; other lines are
// skipped.
std::set<Ip> ParseLocalAddresses(std::string_view route_show);

}  // namespace kvs::feed
