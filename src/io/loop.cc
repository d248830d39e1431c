#include "io/loop.h"

#include <uv.h>

#include <algorithm>
#include <random>

namespace kvs::io {
namespace {

void Fired(uv_timer_t* timer) {
  const auto& fire = *static_cast<std::function<void()>*>(timer->data);
  const auto copy = fire;  // the callback may destroy its Timer
  copy();
}

}  // namespace

Loop::Loop() : loop_(std::make_unique<uv_loop_s>()) { uv_loop_init(loop_.get()); }

Loop::~Loop() {
  // Objects destroyed before the loop have asked for their handles to be closed; let that happen.
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

Timer::Timer(Loop& loop, std::function<void()> fire)
    : timer_(new uv_timer_t), fire_(std::move(fire)) {
  uv_timer_init(loop.native(), timer_);
  timer_->data = &fire_;
}

Timer::~Timer() {
  uv_timer_stop(timer_);
  uv_close(reinterpret_cast<uv_handle_t*>(timer_),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_timer_t*>(handle); });
}

void Timer::Start(std::chrono::milliseconds delay) {
  const auto ms = static_cast<uint64_t>(std::max<int64_t>(0, delay.count()));
  uv_update_time(timer_->loop);
  uv_timer_start(timer_, Fired, ms, 0);
}

void Timer::StartRepeating(std::chrono::milliseconds period) {
  const auto ms = static_cast<uint64_t>(std::max<int64_t>(1, period.count()));
  uv_update_time(timer_->loop);
  uv_timer_start(timer_, Fired, ms, ms);
}

void Timer::Stop() { uv_timer_stop(timer_); }
bool Timer::active() const { return uv_is_active(reinterpret_cast<uv_handle_t*>(timer_)) != 0; }

std::chrono::milliseconds Backoff::Next() {
  static thread_local std::minstd_rand random{std::random_device{}()};
  const auto base = next_;
  next_ = std::min(most_, next_ * 2);
  return base + std::chrono::milliseconds(random() % static_cast<uint64_t>(base.count() / 4 + 1));
}

}  // namespace kvs::io
