#pragma once

#include <chrono>
#include <functional>
#include <memory>

struct uv_loop_s;

// One thread and one loop per program (libuv, hidden in this room). Everything here must be used
// from the thread that calls Run(). Every asynchronous operation has an owner: destroying the
// object cancels the operation, and its callback is not called any more. A callback may destroy the
// object that called it. SIGPIPE is ignored: writing to a closed peer is an ordinary error.
namespace kvs::io {

class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs until Stop(), or until there is nothing left to wait for.
  void Run();
  void Stop();

  // Monotonic time since an arbitrary start, as of the current iteration of the loop.
  std::chrono::milliseconds Now() const;

  uv_loop_s* native() { return loop_.get(); }  // for this room only

 private:
  std::unique_ptr<uv_loop_s> loop_;
};

class Timer {
 public:
  Timer(Loop& loop, std::function<void()> fire);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // (Re)starts the timer: it fires once, after `delay`. Zero means after the callbacks that are due
  // in this iteration of the loop; a timer that restarts itself with zero doesn't starve other
  // work.
  void Start(std::chrono::milliseconds delay);
  void StartRepeating(std::chrono::milliseconds period);
  void Stop();
  bool active() const;

 private:
  struct Handles;
  Handles* handles_;  // owned; freed by the loop once closed
  std::function<void()> fire_;
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
