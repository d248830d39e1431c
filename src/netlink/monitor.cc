#include "netlink/monitor.h"

#include <linux/rtnetlink.h>

namespace kvs::netlink {
namespace {

using Change = Monitor::Change;

// Room for some thousand changes, as when many pods start and end together, until they are read.
constexpr int kBuffer = 2 << 20;  // bytes

template <class T>
void Notify(Change change, const std::function<void(Change, const T&)>& on_change,
            const std::optional<T>& value) {
  if (value && on_change) on_change(change, *value);
}

void Notify(const Monitor::Handlers& on, const Received& message) {
  switch (message.type) {
    case RTM_NEWLINK:
      return Notify(Change::kSet, on.on_link, DecodeLink(message.body));
    case RTM_DELLINK:
      return Notify(Change::kGone, on.on_link, DecodeLink(message.body));
    case RTM_NEWADDR:
      return Notify(Change::kSet, on.on_address, DecodeAddress(message.body));
    case RTM_DELADDR:
      return Notify(Change::kGone, on.on_address, DecodeAddress(message.body));
    case RTM_NEWROUTE:
      return Notify(Change::kSet, on.on_route, DecodeRoute(message.body));
    case RTM_DELROUTE:
      return Notify(Change::kGone, on.on_route, DecodeRoute(message.body));
    case RTM_NEWNEIGH:
      return Notify(Change::kSet, on.on_neighbour, DecodeNeighbour(message.body));
    case RTM_DELNEIGH:
      return Notify(Change::kGone, on.on_neighbour, DecodeNeighbour(message.body));
    default:
      return;
  }
}

std::vector<int> GroupsFor(const Monitor::Handlers& on) {
  std::vector<int> groups;
  if (on.on_link) groups.push_back(RTNLGRP_LINK);
  if (on.on_address) groups.insert(groups.end(), {RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR});
  if (on.on_route) groups.insert(groups.end(), {RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE});
  if (on.on_neighbour) groups.push_back(RTNLGRP_NEIGH);
  return groups;
}

}  // namespace

Result<std::unique_ptr<Monitor>> Monitor::Open(io::Loop& loop, const Handlers& handlers) {
  const Listener::Options options{.protocol = NETLINK_ROUTE,
                                  .groups = GroupsFor(handlers),
                                  .buffer = kBuffer,
                                  .what = "the kernel's network changes"};
  auto listener = Listener::Open(
      loop, options,
      {.on_message = [handlers](const Received& message) { Notify(handlers, message); },
       .on_overrun = handlers.on_resync});
  if (!listener) return tl::unexpected(listener.error());
  return std::unique_ptr<Monitor>(new Monitor(*std::move(listener)));
}

}  // namespace kvs::netlink
