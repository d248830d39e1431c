#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

struct uv_loop_s;

// One thread and one loop per program (libuv, hidden in this room). Everything here must be used
// from the thread that calls Run(). Every asynchronous operation has an owner: destroying the
// object cancels the operation, and its callback is not called any more. A callback may destroy the
// object that called it. SIGPIPE is ignored: writing to a closed peer is an ordinary error.
namespace kvs::io {

class Loop {
 public:
  Loop() : Loop(Clock::kRuns) {}
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs until Stop(), or until there is nothing left to wait for.
  void Run();
  void Stop();

  // Monotonic time since an arbitrary start, as of the current iteration of the loop.
  std::chrono::milliseconds Now() const;

  uv_loop_s* native();  // for this room only

 protected:
  // For TestLoop (test_loop.h).
  enum class Clock { kRuns, kStands };
  explicit Loop(Clock clock);
  // Moves a clock that stands still to the first timer that is due by `end`, or to `end` if none
  // is.
  void MoveClock(std::chrono::milliseconds end);
  // Runs the callbacks that are due, without waiting; they may cause more.
  void Turn();
  // Whether any are due now, or within `wait` of real time.
  bool HasMore(std::chrono::milliseconds wait);

 private:
  friend class Timer;
  struct State;
  std::unique_ptr<State> state_;
};

class Timer {
 public:
  Timer(Loop& loop, std::function<void()> fire) : loop_(loop), fire_(std::move(fire)) {}
  ~Timer() { Stop(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // (Re)starts the timer: it fires once, after `delay`. Zero means after the callbacks that are due
  // in this iteration of the loop; a timer that restarts itself with zero doesn't starve other
  // work.
  void Start(std::chrono::milliseconds delay);
  void StartRepeating(std::chrono::milliseconds period);
  void Stop();
  bool active() const { return place_.has_value(); }

 private:
  friend class Loop;
  // When it is due, and how many were started before: of those due at once, the first is first.
  using Place = std::pair<std::chrono::milliseconds, uint64_t>;

  void Enqueue(std::chrono::milliseconds delay);
  void Fire();

  Loop& loop_;
  std::function<void()> fire_;
  std::chrono::milliseconds period_{0};  // zero: one shot
  std::optional<Place> place_;           // among the loop's timers, while active
};

// Delay of the n-th retry: doubles from `first` to `most`, with a random part of up to a quarter,
// so that many nodes don't retry at the same moment.
class Backoff {
 public:
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds most)
      : first_(first), most_(most), next_(first) {}

  std::chrono::milliseconds Next();
  void Reset() { next_ = first_; }

 private:
  std::chrono::milliseconds first_, most_, next_;
};

}  // namespace kvs::io
