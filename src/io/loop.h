#pragma once

#include <chrono>
#include <functional>
#include <memory>

struct uv_loop_s;

// One thread, one loop per program (libuv underneath, hidden in this room). Everything here must be
// used from the thread that calls Run(). Every asynchronous thing has an owner: destroying the
// object cancels it, and its callback is never called again; a callback may destroy the very object
// that calls it. SIGPIPE is ignored: writing to a peer that is gone is an error like others.
namespace kvs::io {

class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs until Stop(), or until nothing is left to wait for.
  void Run();
  void Stop();

  // Time since an arbitrary start, as of this turn of the loop.
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

  // (Re)starts it: one shot after `delay`. Zero means: once per turn of the loop, after the
  // callbacks that are due; a timer that restarts itself so leaves everything else its turn.
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
// so that many nodes don't retry together.
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
