#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace kvs::agent {

// One node has one k-vswitchd. Held as long as that runs; the kernel lets go of it whatever way the
// process ends.
class NodeLock {
 public:
  // The error names the process that has it.
  static Result<std::unique_ptr<NodeLock>> Take(const std::string& run_dir);
  ~NodeLock();
  NodeLock(const NodeLock&) = delete;
  NodeLock& operator=(const NodeLock&) = delete;

 private:
  explicit NodeLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace kvs::agent
