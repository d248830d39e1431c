#pragma once

#include <functional>

#include "io/loop.h"

struct uv_poll_s;

namespace kvs::io {

// Watches a file descriptor that this room has no class for (a netlink socket). The descriptor must
// be non-blocking, stays the caller's, and must outlive this object. `on_readable` is called while
// there is data to read, an error or the end of the stream: read until EAGAIN. It may destroy the
// Poll.
class Poll {
 public:
  Poll(Loop& loop, int fd, std::function<void()> on_readable);
  ~Poll();
  Poll(const Poll&) = delete;
  Poll& operator=(const Poll&) = delete;

 private:
  uv_poll_s* poll_;  // owned; freed by the loop once closed
  std::function<void()> on_readable_;
};

}  // namespace kvs::io
