#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "base/net.h"
#include "netlink/socket.h"

namespace kvs::agent {

struct NextHop {
  int link = 0;  // by index
  Ip ip;

  friend auto operator<=>(const NextHop&, const NextHop&) = default;
};

// Sees that the MACs of the next hops towards other nodes are known before a packet needs them, on
// the userspace datapath. There Open vSwitch looks them up itself: it learns them from the answers
// that pass its bridge, forgets them 15 minutes after their last use (ovs-appctl tnl/neigh/aging),
// and drops the packet for which it must ask (ofproto-dpif-xlate.c, native_tunnel_output()). So the
// kernel is made to ask, which does so only if it does not know, or has not heard for long. On the
// kernel's datapath the kernel keeps such packets until it has the answer.
class NextHops {
 public:
  static constexpr std::chrono::milliseconds kAgain{60000};

  // Has the kernel ask for those of `all` that are due. It has nothing to tell: what cannot be
  // asked for now is asked for again.
  void Ask(const std::set<NextHop>& all, std::chrono::milliseconds now);
  // Those that are new, or were due kAgain ago; they count as asked for.
  std::vector<NextHop> TakeDue(const std::set<NextHop>& all, std::chrono::milliseconds now);

 private:
  std::map<NextHop, std::chrono::milliseconds> asked_;
  std::unique_ptr<netlink::Socket> socket_;
};

}  // namespace kvs::agent
