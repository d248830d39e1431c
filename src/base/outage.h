#pragma once

#include <chrono>
#include <string>

#include "base/log.h"

namespace kvs {

// Tells the log of something that is tried again and again: one line when it begins to fail, one
// when it works again, with how long that took. Why it fails may change with each try, as the
// address that was tried does: that is for status.
class Outage {
 public:
  explicit Outage(std::string what) : what_(std::move(what)) {}

  // After each try; "": it worked.
  void Note(const std::string& why) {
    if (why.empty() == !on_) return;
    on_ = !why.empty();
    const auto now = std::chrono::steady_clock::now();
    if (on_) {
      since_ = now;
      log::Warning("{}: {}; trying again", what_, why);
    } else {
      const auto lasted = std::chrono::duration_cast<std::chrono::seconds>(now - since_);
      log::Info("{}: works again, after {} s", what_, lasted.count());
    }
  }

 private:
  std::string what_;
  bool on_ = false;
  std::chrono::steady_clock::time_point since_;
};

}  // namespace kvs
