#pragma once

#include <chrono>
#include <deque>

namespace kvs::apply {

// When a reconciler may dump, retry and repair: arithmetic on times, without a clock.
class Pace {
 public:
  using Time = std::chrono::milliseconds;  // since an arbitrary start

  struct Limits {
    Time settle{0};            // from a notification to the dump: more may follow
    Time audit{4000};          // at least, between dumps without a notification
    Time first_retry{1000};    // after a failure or a refusal; doubles ...
    Time last_retry{60000};    // ... up to this
    size_t most_repairs = 10;  // within a minute; if more, another program undoes them
    Time fight_pause{10000};   // between repairs in that case
  };

  explicit Pace(const Limits& limits) : limits_(limits), retry_(limits.first_retry) {}

  // A dump took from `began` to `ended`. The longer dumps take, the less often they are made.
  void Looked(Time began, Time ended);
  // When to dump after a notification that arrives now.
  Time AfterNotice(Time now) const;
  // Whether a dump without notification is due.
  bool AuditIsDue(Time now) const;

  // How long to wait before what failed or was refused is tried again.
  Time Retry();
  void Succeeded() { retry_ = limits_.first_retry; }

  // Whether changes by others may be repaired now; if so, the repair is counted. After most_repairs
  // within a minute there must be fight_pause between repairs.
  bool MayRepair(Time now);
  // Whether another program undoes the repairs again and again.
  bool fought(Time now) const;
  Time fight_pause() const { return limits_.fight_pause; }

 private:
  Limits limits_;
  Time ended_{-3600000};
  Time cost_{0};
  Time retry_;
  std::deque<Time> repairs_;  // the last few
};

}  // namespace kvs::apply
