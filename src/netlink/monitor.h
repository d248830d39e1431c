#pragma once

#include <functional>
#include <memory>

#include "base/result.h"
#include "io/loop.h"
#include "netlink/address.h"
#include "netlink/link.h"
#include "netlink/listener.h"
#include "netlink/route.h"

// Tells what changes in this namespace's links, addresses, routes and neighbours, whoever changed
// it. Shows only changes: dump after opening it to know the rest.
namespace kvs::netlink {

class Monitor {
 public:
  enum class Change { kSet, kGone };

  // One left empty is not subscribed to, except on_resync, which is a must.
  struct Handlers {
    std::function<void(Change, const Link&)> on_link;
    std::function<void(Change, const Address&)> on_address;
    std::function<void(Change, const Route&)> on_route;
    std::function<void(Change, const Neighbour&)> on_neighbour;
    // Changes were lost, as more came than were read: dump again.
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
