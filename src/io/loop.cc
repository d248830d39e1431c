#include "io/loop.h"

#include <uv.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace kvs::io {
namespace {

void Fire(const void* fire) {
  const auto copy = *static_cast<const std::function<void()>*>(fire);  // it may destroy its Timer
  copy();
}

}  // namespace

Loop::Loop() : loop_(std::make_unique<uv_loop_s>()) {
  if (const int error = uv_loop_init(loop_.get()); error != 0) {
    std::fprintf(stderr, "event loop: %s\n", uv_strerror(error));
    std::_Exit(1);  // nothing can be told or served without one
  }
  signal(SIGPIPE, SIG_IGN);
}

Loop::~Loop() {
  // Objects destroyed before the loop have closed their handles; let libuv complete that.
  while (uv_loop_close(loop_.get()) == UV_EBUSY) {
    uv_walk(
        loop_.get(),
        [](uv_handle_t* handle, void*) {
          if (!uv_is_closing(handle)) uv_close(handle, nullptr);
        },
        nullptr);
    uv_run(loop_.get(), UV_RUN_DEFAULT);
  }
}

void Loop::Run() { uv_run(loop_.get(), UV_RUN_DEFAULT); }
void Loop::Stop() { uv_stop(loop_.get()); }
std::chrono::milliseconds Loop::Now() const {
  return std::chrono::milliseconds(uv_now(loop_.get()));
}

// Before libuv 1.45, a timer of zero that is started by a timer runs in the same iteration, so I/O
// starves: zero is an idle handle instead, which runs once per iteration.
struct Timer::Handles {
  uv_timer_t timer;
  uv_idle_t idle;
  int open = 2;

  template <class Handle>
  void Close(Handle* handle) {
    uv_close(reinterpret_cast<uv_handle_t*>(handle), [](uv_handle_t* closed) {
      auto* handles = static_cast<Handles*>(closed->data);
      if (--handles->open == 0) delete handles;
    });
    handle->data = this;
  }
};

Timer::Timer(Loop& loop, std::function<void()> fire)
    : handles_(new Handles), fire_(std::move(fire)) {
  uv_timer_init(loop.native(), &handles_->timer);
  uv_idle_init(loop.native(), &handles_->idle);
  handles_->timer.data = handles_->idle.data = &fire_;
}

Timer::~Timer() {
  handles_->Close(&handles_->timer);
  handles_->Close(&handles_->idle);
}

void Timer::Start(std::chrono::milliseconds delay) {
  Stop();
  if (delay <= delay.zero()) {
    uv_idle_start(&handles_->idle, [](uv_idle_t* idle) {
      uv_idle_stop(idle);
      Fire(idle->data);
    });
    return;
  }
  uv_update_time(handles_->timer.loop);
  uv_timer_start(
      &handles_->timer, [](uv_timer_t* timer) { Fire(timer->data); },
      static_cast<uint64_t>(delay.count()), 0);
}

void Timer::StartRepeating(std::chrono::milliseconds period) {
  Start(std::max(period, std::chrono::milliseconds(1)));
  uv_timer_set_repeat(&handles_->timer,
                      static_cast<uint64_t>(std::max<int64_t>(1, period.count())));
}

void Timer::Stop() {
  uv_timer_stop(&handles_->timer);
  uv_idle_stop(&handles_->idle);
}

bool Timer::active() const {
  return uv_is_active(reinterpret_cast<uv_handle_t*>(&handles_->timer)) != 0 ||
         uv_is_active(reinterpret_cast<uv_handle_t*>(&handles_->idle)) != 0;
}

std::chrono::milliseconds Backoff::Next() {
  static thread_local std::minstd_rand random{std::random_device{}()};
  const auto base = next_;
  next_ = std::min(most_, next_ * 2);
  return base + std::chrono::milliseconds(random() % static_cast<uint64_t>(base.count() / 4 + 1));
}

}  // namespace kvs::io
