#pragma once

#include <chrono>
#include <string>

#include "base/log.h"

namespace kvs {

// Logs the failures of something that is retried: one line when it begins to fail, and one when it
// works again, with the duration. The reason may change with each try (for example the address that
// was tried); status shows the current one.
class Outage {
 public:
  explicit Outage(std::string what) : what_(std::move(what)) {}

  // To be called after each try; an empty `why` means success.
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
