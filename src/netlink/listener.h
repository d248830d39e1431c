#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/loop.h"
#include "netlink/wire.h"

namespace kvs::netlink {

// Receives the notifications of multicast groups of a netlink protocol in this network namespace.
class Listener {
 public:
  struct Options {
    int protocol = 0;         // NETLINK_ROUTE, ...
    std::vector<int> groups;  // RTNLGRP_LINK, ...
    int buffer = 0;           // bytes that may queue up until they are read
    std::string what;  // the subject of the notifications, for messages: "changes of nftables"
  };
  // Both handlers may destroy the listener.
  struct Handlers {
    std::function<void(const Received&)> on_message;
    // Notifications were lost, because they arrived faster than they were read.
    std::function<void()> on_overrun;
  };

  static Result<std::unique_ptr<Listener>> Open(io::Loop& loop, const Options& options,
                                                Handlers handlers);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

 private:
  struct State;
  explicit Listener(std::shared_ptr<State> state) : state_(std::move(state)) {}

  std::shared_ptr<State> state_;
};

}  // namespace kvs::netlink
