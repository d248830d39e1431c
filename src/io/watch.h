#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "io/loop.h"

struct uv_fs_event_s;

namespace kvs::io {

// Watches one directory (inotify(7)), not what is below it. `on_change` says only that something
// changed: a file was made, written, renamed, removed, or the directory itself is gone, after which
// nothing is reported any more. Events may be many and may be lost when the kernel's queue is full
// (IN_Q_OVERFLOW): read the directory anew, and look again from time to time.
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
