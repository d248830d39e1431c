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

// The links and addresses of this node's network namespace, as they are now: dumped at the start
// and kept by notifications.
class LinkFeed {
 public:
  struct Handlers {
    std::function<void()> on_change;  // of a link or an address; called once for many
    // Somebody changed this route; nullptr: changes were lost, and it may be any.
    std::function<void(const netlink::Route*)> on_route_change;
  };

  static Result<std::unique_ptr<LinkFeed>> Open(io::Loop& loop, Handlers handlers);
  LinkFeed(const LinkFeed&) = delete;
  LinkFeed& operator=(const LinkFeed&) = delete;

  // nullptr if there is no such link.
  const netlink::Link* Find(std::string_view name) const;
  // Whether a link but `except` has this address. Several may, and lo often does where nodes speak
  // BGP.
  bool HasAddress(const Ip& ip, std::string_view except = "") const;
  // By which link packets of this host go to `ip`, the MTU there, and who gets them first; nullopt:
  // there is no way.
  struct Way {
    const netlink::Link* link;
    int mtu;      // bytes
    Ip next_hop;  // `ip` itself, or a router
  };
  std::optional<Way> WayTo(const Ip& ip) const;
  // So that WayTo() asks anew: nobody tells of changes of ip rules.
  void ForgetWays() { ways_.clear(); }
  // Addresses by which this node can be reached: of all links but the one named, lo too, without
  // link-local and loopback ones. Sorted.
  std::vector<Ip> AddressesExceptOf(std::string_view excluded_link) const;
  std::vector<netlink::Link> All() const;  // a copy
  void ForEachLink(const std::function<void(const netlink::Link&)>& visit) const;
  // Each address with its link.
  void ForEachAddress(
      const std::function<void(const netlink::Link&, const netlink::Address&)>& visit) const;
  // The next hops of the default routes.
  const std::vector<Ip>& gateways() const { return gateways_; }

 private:
  LinkFeed(io::Loop& loop, Handlers handlers);
  Result<> Dump();
  Result<> DumpGateways();
  // Whether it may lead to somewhere that WayTo() was asked for.
  bool IsWay(const netlink::Route& route) const;
  void Changed();

  Handlers handlers_;
  std::unique_ptr<netlink::Socket> socket_;
  std::unique_ptr<netlink::Monitor> monitor_;
  std::map<int, netlink::Link> links_;  // by index
  std::vector<Ip> gateways_;
  mutable std::map<Ip, std::optional<Way>> ways_;             // as asked since the last change
  std::map<std::pair<int, Ip>, netlink::Address> addresses_;  // by link and address
  io::Timer tell_;
};

}  // namespace kvs::feed
