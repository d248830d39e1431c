#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "io/blocking_task.h"
#include "io/loop.h"
#include "netlink/link.h"

namespace kvs::apply {

// Deletes the links that the CNI plugin's DEL left to the agent (ovsdb::kDefunctLinkGroup), all in
// one message, beside the loop: the kernel takes 30 ms and more.
class LinkReaper {
 public:
  explicit LinkReaper(io::Loop& loop) : loop_(loop) {}

  // `links`: all there are. Called seldom, it deletes many at once.
  void Reap(const std::vector<netlink::Link>& links);

 private:
  io::Loop& loop_;
  std::unique_ptr<io::BlockingTask> reaping_;
};

}  // namespace kvs::apply
