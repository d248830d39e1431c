#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/net.h"
#include "base/result.h"
#include "io/loop.h"
#include "netlink/address.h"
#include "netlink/link.h"
#include "netlink/monitor.h"
#include "netlink/socket.h"

namespace kvs::feed {

// The present links and addresses of this node's network namespace: dumped at the start and updated
// by notifications.
class LinkFeed {
 public:
  struct Handlers {
    std::function<void()> on_change;  // of a link or an address; called once for many
    // This route was changed by another program; nullptr: notifications were lost, and any route
    // may have changed.
    std::function<void(const netlink::Route*)> on_route_change;
  };

  static Result<std::unique_ptr<LinkFeed>> Open(io::Loop& loop, Handlers handlers);
  LinkFeed(const LinkFeed&) = delete;
  LinkFeed& operator=(const LinkFeed&) = delete;

  // nullptr if there is no such link.
  const netlink::Link* Find(std::string_view name) const;
  // Whether a link other than `except` has this address. Several links may have it; lo often does
  // on nodes that speak BGP.
  bool HasAddress(const Ip& ip, std::string_view except = "") const;
  // The link by which this host sends packets to `ip`, the MTU on that path, and the next hop;
  // nullopt: there is no route.
  struct Route {
    const netlink::Link* link;
    int mtu;      // bytes
    Ip next_hop;  // `ip` itself, or a router
  };
  std::optional<Route> RouteTo(const Ip& ip) const;
  // Makes RouteTo() ask the kernel again: there are no notifications of changed ip rules.
  void ForgetRoutes() { routes_.clear(); }
  // The addresses by which this node can be reached: those of all links except `excluded_link`,
  // including lo, without link-local and loopback addresses. Sorted.
  std::vector<Ip> AddressesExceptOf(std::string_view excluded_link) const;
  std::vector<netlink::Link> All() const;  // a copy
  void ForEachLink(const std::function<void(const netlink::Link&)>& visit) const;
  // Calls with each address and its link.
  void ForEachAddress(
      const std::function<void(const netlink::Link&, const netlink::Address&)>& visit) const;
  // The next hops of the default routes.
  const std::vector<Ip>& gateways() const { return gateways_; }

 private:
  LinkFeed(io::Loop& loop, Handlers handlers);
  Result<> Dump();
  Result<> DumpGateways();
  // Whether the route may affect a result of RouteTo().
  bool MayChangeRoutes(const netlink::Route& route) const;
  void Changed();

  Handlers handlers_;
  std::unique_ptr<netlink::Socket> socket_;
  std::unique_ptr<netlink::Monitor> monitor_;
  std::map<int, netlink::Link> links_;  // by index
  std::vector<Ip> gateways_;
  mutable std::map<Ip, std::optional<Route>> routes_;         // as asked since the last change
  std::map<std::pair<int, Ip>, netlink::Address> addresses_;  // by link and address
  io::Timer tell_;
};

}  // namespace kvs::feed
