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

// Sees that Open vSwitch knows the MACs of the next hops towards other nodes before a packet needs
// them, on the userspace datapath. There it drops the packet for which it must ask
// (ofproto-dpif-xlate.c, native_tunnel_output()), forgets what nobody used for 15 minutes
// (ovs-appctl tnl/neigh/aging), and does not learn from an answer for which the datapath has a flow
// already. So the kernel is made to ask, and Open vSwitch is told what the kernel knows. On the
// kernel's datapath the kernel keeps such packets until it has the answer.
class NextHops {
 public:
  // Both outlive it.
  NextHops(io::Loop& loop, ovsdb::Unixctl& vswitchd)
      : vswitchd_(vswitchd), again_(loop, [this] { Compare(); }) {}

  // Those that are to be known from now on. Looks if they are others than before.
  void Want(std::set<NextHop> hops);
  // Compares what Open vSwitch knows with what the kernel does, and mends.
  void Look();

 private:
  void Compare();
  void Tell(const std::set<ovsdb::TunnelNeighbour>& known);

  ovsdb::Unixctl& vswitchd_;
  io::Timer again_;
  std::set<NextHop> hops_;
  int left_ = 0;  // looks at what the kernel was made to ask for
  bool asking_ = false;
  std::unique_ptr<netlink::Socket> socket_;
};

}  // namespace kvs::agent
