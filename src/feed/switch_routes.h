#pragma once

#include <functional>
#include <set>
#include <string_view>

#include "base/net.h"
#include "ovsdb/unixctl.h"

namespace kvs::feed {

// The local addresses in the table of routes that ovs-vswitchd keeps for tunnels of the userspace
// datapath (ovs-appctl ovs/route/show): it sends from these only. It follows the kernel by itself,
// and says nothing when it has; so it is asked.
class SwitchRoutes {
 public:
  // `on_change`: of the addresses, or that they are known.
  SwitchRoutes(ovsdb::Unixctl& vswitchd, std::function<void()> on_change)
      : vswitchd_(vswitchd), on_change_(std::move(on_change)) {}

  // Asks, unless it is asking. Where there is no answer, what was known stays.
  void Ask();
  // Whether it was asked and has answered, or there was nobody to answer.
  bool known() const { return known_; }
  const std::set<Ip>& local_addresses() const { return local_addresses_; }

 private:
  ovsdb::Unixctl& vswitchd_;
  std::function<void()> on_change_;
  std::set<Ip> local_addresses_;
  bool known_ = false;
  bool asking_ = false;
};

// Reads "Cached: 10.200.0.1/32 dev br-phy SRC 10.200.0.1 local" and the like; other lines are
// passed over.
std::set<Ip> ParseLocalAddresses(std::string_view route_show);

}  // namespace kvs::feed
