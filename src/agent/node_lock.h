#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"

namespace kvs::agent {

// One node has one k-vswitchd. Held as long as that runs; the kernel lets go of it whatever way the
// process ends.
class NodeLock {
 public:
  // `path`: of the lock, in a folder that is made. Waits up to `timeout` for another to end. The
  // error names the process that has it, by its number in its own PID namespace.
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
