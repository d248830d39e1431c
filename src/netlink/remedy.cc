#include "netlink/remedy.h"

#include <linux/rtnetlink.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace kvs::netlink {
namespace {

struct Known {
  uint16_t type;  // 0: any
  int code;
  std::string_view remedy;
};

// Linux: net/core/rtnetlink.c, net/core/neighbour.c, net/ipv4/devinet.c, net/ipv4/fib_semantics.c,
// net/ipv6/addrconf.c, net/ipv6/route.c.
constexpr std::array kKnown{
    Known{0, EPERM, "run it as root, with the capability NET_ADMIN"},
    Known{0, ENOMEM, "the node is out of memory: free some"},
    Known{0, EAFNOSUPPORT,
          "the kernel has no IPv6: boot it without ipv6.disable=1, or don't use IPv6 ranges"},
    Known{RTM_NEWLINK, EEXIST,
          "a link of that name or number exists: see `ip link`, and rename or delete it"},
    Known{RTM_NEWLINK, EOPNOTSUPP, "load the kernel's module for links of that kind (modprobe)"},
    Known{RTM_NEWADDR, EACCES,
          "IPv6 is off on the link: set its net.ipv6.conf.*.disable_ipv6 to 0 (sysctl)"},
    Known{RTM_NEWROUTE, EACCES,
          "IPv6 is off on the link: set its net.ipv6.conf.*.disable_ipv6 to 0 (sysctl)"},
    Known{RTM_NEWROUTE, EEXIST,
          "a route with its destination and metric exists: see `ip route`, and delete it"},
    Known{RTM_NEWROUTE, ENETDOWN, "the link is down: see why, and `ip link set` it up"},
    Known{RTM_NEWROUTE, ENETUNREACH,
          "the next hop is in no connected subnet: see `ip route get`, and whether its link is up"},
    Known{RTM_NEWROUTE, EHOSTUNREACH,
          "the next hop is in no connected subnet: see `ip route get`, and whether its link is up"},
    Known{RTM_NEWNEIGH, ENOBUFS,
          "the neighbour table is full: raise net.ipv4.neigh.default.gc_thresh3, or "
          "net.ipv6.neigh.default.gc_thresh3 for IPv6 (sysctl)"},
};

}  // namespace

std::string_view Remedy(uint16_t type, int code) {
  const auto known = std::ranges::find_if(kKnown, [&](const Known& one) {
    return one.code == code && (one.type == 0 || one.type == type);
  });
  return known == kKnown.end() ? std::string_view() : known->remedy;
}

}  // namespace kvs::netlink
