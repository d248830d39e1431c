#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "io/blocking_task.h"
#include "io/loop.h"
#include "netlink/link.h"

namespace kvs::apply {

// Deletes the links that the CNI plugin's DEL left to the agent (ovsdb::kDefunctLinkGroup), all
// with one request and on another thread, because the kernel takes 30 ms or more.
class LinkReaper {
 public:
  explicit LinkReaper(io::Loop& loop) : loop_(loop) {}

  // `links`: all links of the node. Called rarely, it deletes many at once.
  void Reap(const std::vector<netlink::Link>& links);

 private:
  io::Loop& loop_;
  std::unique_ptr<io::BlockingTask> reaping_;
};

}  // namespace kvs::apply
