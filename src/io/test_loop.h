#pragma once

#include <chrono>
#include <functional>

#include "io/loop.h"

namespace kvs::io {

// For tests: a loop whose clock stands still until the test moves it. So no test sleeps for a
// timer, and that something does not happen too early is tested to the millisecond. Sockets,
// processes, files, threads and libcurl's timeouts are real.
class TestLoop : public Loop {
 public:
  TestLoop() : Loop(Clock::kStands) {}

  // Moves the clock on by `time`. The timers that are due by then fire in their order, each at its
  // own time; pending I/O is handled before the first and after each.
  void Advance(std::chrono::milliseconds time) {
    const auto end = Now() + time;
    DoIo();
    while (Now() < end) {
      MoveClock(end);
      DoIo();
    }
  }

  // Runs until the condition holds, which is checked after each turn; false if that takes longer
  // than `timeout` of real time. For each millisecond without I/O the clock moves by ten, from
  // timer to timer; pending I/O is handled before each of them.
  bool Until(const std::function<bool()>& condition,
             std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
    const auto end = std::chrono::steady_clock::now() + timeout;
    auto moves_to = Now();
    for (Turn(); !condition(); Turn()) {
      if (std::chrono::steady_clock::now() > end) return false;
      const bool there = Now() >= moves_to;
      if (HasMore(there ? kQuiet : kQuiet.zero())) continue;
      if (there) moves_to = Now() + 10 * kQuiet;
      MoveClock(moves_to);
    }
    return true;
  }

 private:
  static constexpr std::chrono::milliseconds kQuiet{1};

  void DoIo() {
    do Turn();
    while (HasMore(kQuiet));
  }
};

}  // namespace kvs::io
