#include "io/loop.h"

#include <poll.h>
#include <uv.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>

namespace kvs::io {

using std::chrono::milliseconds;

// The timers of a loop are one queue. libuv wakes it for the first of them by `alarm`, or in the
// next iteration by `due`: before libuv 1.45, a timer of zero that is started by a timer runs in
// the same iteration, so I/O would starve.
struct Loop::State {
  uv_loop_t loop;
  uv_timer_t alarm;
  uv_idle_t due;
  std::map<Timer::Place, Timer*> timers;
  uint64_t started = 0;               // timers so far
  std::optional<milliseconds> stood;  // the time of a clock that stands still

  milliseconds Now() const { return stood ? *stood : milliseconds(uv_now(&loop)); }
  void SetAlarm();
  void FireDue();
};

void Loop::State::SetAlarm() {
  uv_timer_stop(&alarm);
  uv_idle_stop(&due);
  if (timers.empty()) return;
  const milliseconds left = timers.begin()->first.first - Now();
  if (left <= left.zero())
    uv_idle_start(&due, [](uv_idle_t* idle) { static_cast<State*>(idle->data)->FireDue(); });
  else if (!stood)
    uv_timer_start(
        &alarm, [](uv_timer_t* timer) { static_cast<State*>(timer->data)->FireDue(); },
        static_cast<uint64_t>(left.count()), 0);
}

void Loop::State::FireDue() {
  const Timer::Place last{Now(), started};  // who starts again at once has the next turn
  while (!timers.empty() && timers.begin()->first <= last) timers.begin()->second->Fire();
  SetAlarm();
}

Loop::Loop(Clock clock) : state_(std::make_unique<State>()) {
  if (const int error = uv_loop_init(&state_->loop); error != 0) {
    std::fprintf(stderr, "event loop: %s\n", uv_strerror(error));
    std::_Exit(1);  // nothing can be told or served without one
  }
  uv_timer_init(&state_->loop, &state_->alarm);
  uv_idle_init(&state_->loop, &state_->due);
  state_->alarm.data = state_->due.data = state_.get();
  if (clock == Clock::kStands) state_->stood = milliseconds(0);
  signal(SIGPIPE, SIG_IGN);
}

Loop::~Loop() {
  // Objects destroyed before the loop have closed their handles; let libuv complete that.
  while (uv_loop_close(&state_->loop) == UV_EBUSY) {
    uv_walk(
        &state_->loop,
        [](uv_handle_t* handle, void*) {
          if (!uv_is_closing(handle)) uv_close(handle, nullptr);
        },
        nullptr);
    uv_run(&state_->loop, UV_RUN_DEFAULT);
  }
}

void Loop::Run() { uv_run(&state_->loop, UV_RUN_DEFAULT); }
void Loop::Stop() { uv_stop(&state_->loop); }
milliseconds Loop::Now() const { return state_->Now(); }
uv_loop_s* Loop::native() { return &state_->loop; }

void Loop::MoveClock(milliseconds end) {
  const auto& timers = state_->timers;
  state_->stood = timers.empty() ? end : std::clamp(timers.begin()->first.first, Now(), end);
  state_->SetAlarm();
}

void Loop::Turn() { uv_run(&state_->loop, UV_RUN_NOWAIT); }

bool Loop::HasMore(milliseconds wait) {
  if (uv_loop_alive(&state_->loop) == 0) return false;
  pollfd events{.fd = uv_backend_fd(&state_->loop), .events = POLLIN, .revents = 0};
  return uv_backend_timeout(&state_->loop) == 0 ||
         poll(&events, 1, static_cast<int>(wait.count())) > 0;
}

void Timer::Start(milliseconds delay) {
  period_ = period_.zero();
  Enqueue(std::max(delay, delay.zero()));
}

void Timer::StartRepeating(milliseconds period) {
  period_ = std::max(period, milliseconds(1));
  Enqueue(period_);
}

void Timer::Enqueue(milliseconds delay) {
  Stop();
  Loop::State& state = *loop_.state_;
  uv_update_time(&state.loop);
  place_ = {state.Now() + delay, ++state.started};
  state.timers.emplace(*place_, this);
  state.SetAlarm();
}

void Timer::Stop() {
  if (!place_) return;
  loop_.state_->timers.erase(*std::exchange(place_, std::nullopt));
  loop_.state_->SetAlarm();
}

void Timer::Fire() {
  Stop();
  if (period_ > period_.zero()) Enqueue(period_);
  const auto copy = fire_;  // it may destroy its Timer
  copy();
}

milliseconds Backoff::Next() {
  static thread_local std::minstd_rand random{std::random_device{}()};
  const auto base = next_;
  next_ = std::min(most_, next_ * 2);
  return base + milliseconds(random() % static_cast<uint64_t>(base.count() / 4 + 1));
}

}  // namespace kvs::io
