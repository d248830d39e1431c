#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"

namespace kvs::agent {

// Ensures that only one k-vswitchd runs on a node. Held while it runs; the kernel releases it
// however the process ends.
class NodeLock {
 public:
  // `path`: the lock file; its folder is created. Waits up to `timeout` for another process to end.
  // The Error names the process that holds the lock, by its pid in its own PID namespace.
  static Result<std::unique_ptr<NodeLock>> Take(const std::string& path,
                                                std::chrono::milliseconds timeout);
  ~NodeLock();
  NodeLock(const NodeLock&) = delete;
  NodeLock& operator=(const NodeLock&) = delete;

 private:
  explicit NodeLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace kvs::agent
