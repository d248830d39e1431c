#pragma once

#include <chrono>
#include <deque>

namespace kvs::apply {

// How often a reconciler may look, ask again and mend: arithmetic on times, without a clock.
class Pace {
 public:
  using Time = std::chrono::milliseconds;  // since an arbitrary start

  struct Limits {
    Time settle{0};            // from a notice to the look: the rest of the change may be coming
    Time audit{4000};          // at least, between looks that no notice asked for
    Time first_retry{1000};    // after a failure or a refusal; doubles ...
    Time last_retry{60000};    // ... up to this
    size_t most_repairs = 10;  // within a minute: more, and somebody else undoes them
    Time fight_pause{10000};   // between repairs then
  };

  explicit Pace(const Limits& limits) : limits_(limits), retry_(limits.first_retry) {}

  // A look took from `began` to `ended`. The more it costs, the rarer it may be.
  void Looked(Time began, Time ended);
  // When to look after a notice that came now.
  Time AfterNotice(Time now) const;
  // Whether it is time for a look that no notice asked for.
  bool AuditIsDue(Time now) const;

  // How long to wait before what failed or was refused is tried again.
  Time Retry();
  void Succeeded() { retry_ = limits_.first_retry; }

  // Whether what somebody else changed may be put back now; if so, this is taken for done. After
  // most_repairs within a minute it waits for fight_pause each time.
  bool MayRepair(Time now);
  // Somebody else undoes the repairs again and again.
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
