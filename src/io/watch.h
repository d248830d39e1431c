#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "io/loop.h"

struct uv_fs_event_s;

namespace kvs::io {

// Watches one directory (inotify(7)), without its subdirectories. `on_change` reports only that
// something changed: a file was created, written, renamed or removed, or the directory itself was
// removed, after which nothing more is reported. Events may be many, and are lost when the kernel's
// queue is full (IN_Q_OVERFLOW): read the whole directory on an event, and check it from time to
// time.
class DirectoryWatch {
 public:
  static Result<std::unique_ptr<DirectoryWatch>> Open(Loop& loop, const std::string& path,
                                                      std::function<void()> on_change);
  ~DirectoryWatch();
  DirectoryWatch(const DirectoryWatch&) = delete;
  DirectoryWatch& operator=(const DirectoryWatch&) = delete;

 private:
  explicit DirectoryWatch(std::function<void()> on_change) : on_change_(std::move(on_change)) {}

  std::function<void()> on_change_;
  uv_fs_event_s* handle_ = nullptr;  // owned; freed by the loop once closed
};

}  // namespace kvs::io
