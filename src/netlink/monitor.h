#pragma once

#include <functional>
#include <memory>

#include "base/result.h"
#include "io/loop.h"
#include "netlink/address.h"
#include "netlink/link.h"
#include "netlink/listener.h"
#include "netlink/route.h"

// Reports changes of links, addresses, routes and neighbours in this namespace, whichever program
// made them. It does not report the state before it was opened: dump after opening it.
namespace kvs::netlink {

class Monitor {
 public:
  enum class Change { kSet, kGone };

  // A handler left empty is not subscribed to; on_resync is required.
  struct Handlers {
    std::function<void(Change, const Link&)> on_link;
    std::function<void(Change, const Address&)> on_address;
    std::function<void(Change, const Route&)> on_route;
    std::function<void(Change, const Neighbour&)> on_neighbour;
    // Changes were lost, because they arrived faster than they were read: dump again.
    std::function<void()> on_resync;
  };

  static Result<std::unique_ptr<Monitor>> Open(io::Loop& loop, const Handlers& handlers);
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

 private:
  explicit Monitor(std::unique_ptr<Listener> listener) : listener_(std::move(listener)) {}

  std::unique_ptr<Listener> listener_;
};

}  // namespace kvs::netlink
