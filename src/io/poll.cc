#include "io/poll.h"

#include <uv.h>

namespace kvs::io {
namespace {

void Ready(uv_poll_t* poll, int status, int) {
  // libuv stops watching at an error, but a socket's error (netlink: ENOBUFS) is cleared by reading
  // it.
  if (status < 0) uv_poll_start(poll, UV_READABLE, Ready);
  const auto copy = *static_cast<std::function<void()>*>(poll->data);  // it may destroy its Poll
  copy();
}

}  // namespace

Poll::Poll(Loop& loop, int fd, std::function<void()> on_readable)
    : poll_(new uv_poll_t), on_readable_(std::move(on_readable)) {
  uv_poll_init(loop.native(), poll_, fd);
  poll_->data = &on_readable_;
  uv_poll_start(poll_, UV_READABLE, Ready);
}

Poll::~Poll() {
  uv_poll_stop(poll_);
  uv_close(reinterpret_cast<uv_handle_t*>(poll_),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_poll_t*>(handle); });
}

}  // namespace kvs::io
