#pragma once

#include <memory>
#include <set>
#include <string>

#include "base/net.h"
#include "io/loop.h"
#include "netlink/socket.h"
#include "ovsdb/dpctl.h"
#include "ovsdb/unixctl.h"

namespace kvs::agent {

struct NextHop {
  std::string bridge;  // of Open vSwitch: it is reached through that
  int link = 0;        // of the host, by index, likewise
  Ip ip;

  friend auto operator<=>(const NextHop&, const NextHop&) = default;
};

// For the userspace datapath: makes Open vSwitch know the MACs of the next hops to other nodes
// before a packet needs them. Open vSwitch drops the packet for which it must resolve a MAC
// (ofproto-dpif-xlate.c, native_tunnel_output()), forgets a MAC that was unused for 15 minutes
// (ovs-appctl tnl/neigh/aging), and does not learn from an answer that matches a datapath flow. So
// the kernel is made to resolve the addresses, and the kernel's answers are given to Open vSwitch.
// With the kernel's datapath, the kernel queues packets until the address is resolved.
class NextHops {
 public:
  // Both must outlive this.
  NextHops(io::Loop& loop, ovsdb::Unixctl& vswitchd)
      : vswitchd_(vswitchd), again_(loop, [this] { Compare(); }) {}

  // The next hops that must be known from now on. Looks at once if they have changed.
  void Want(std::set<NextHop> hops);
  // Compares Open vSwitch's neighbours with the kernel's, and repairs them.
  void Look();

 private:
  void Compare();
  void SetMissing(const std::set<ovsdb::TunnelNeighbour>& known);

  ovsdb::Unixctl& vswitchd_;
  io::Timer again_;
  std::set<NextHop> hops_;
  int left_ = 0;  // further looks at addresses that the kernel resolves
  bool asking_ = false;
  std::unique_ptr<netlink::Socket> socket_;
};

}  // namespace kvs::agent
