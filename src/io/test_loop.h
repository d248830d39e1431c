#pragma once

#include <chrono>
#include <functional>

#include "io/loop.h"

namespace kvs::io {

// For tests: a loop that runs until a condition holds.
class TestLoop : public Loop {
 public:
  // Runs until the condition holds; false if that takes longer than `timeout`.
  bool Until(const std::function<bool()>& condition,
             std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
    Timer poll(*this, [&] {
      if (condition()) Stop();
    });
    Timer end(*this, [&] { Stop(); });
    poll.StartRepeating(std::chrono::milliseconds(2));
    end.Start(timeout);
    Run();
    return condition();
  }

  void RunFor(std::chrono::milliseconds time) {
    Timer end(*this, [&] { Stop(); });
    end.Start(time);
    Run();
  }
};

}  // namespace kvs::io
