#include "io/watch.h"

#include <uv.h>

namespace kvs::io {

Result<std::unique_ptr<DirectoryWatch>> DirectoryWatch::Open(Loop& loop, const std::string& path,
                                                             std::function<void()> on_change) {
  auto watch = std::unique_ptr<DirectoryWatch>(new DirectoryWatch(std::move(on_change)));
  watch->handle_ = new uv_fs_event_t;
  uv_fs_event_init(loop.native(), watch->handle_);
  watch->handle_->data = &watch->on_change_;
  const auto changed = [](uv_fs_event_t* handle, const char*, int, int) {
    const auto copy = *static_cast<std::function<void()>*>(handle->data);
    copy();  // may destroy its DirectoryWatch
  };
  if (const int error = uv_fs_event_start(watch->handle_, changed, path.c_str(), 0); error < 0)
    return Fail("watch {}: {}", path, uv_strerror(error));
  return watch;
}

DirectoryWatch::~DirectoryWatch() {
  uv_close(reinterpret_cast<uv_handle_t*>(handle_),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_fs_event_t*>(handle); });
}

}  // namespace kvs::io
