#include "apply/frame/pace.h"

#include <algorithm>

namespace kvs::apply {
namespace {

// Dumps use at most this part of the time: a twentieth if there are notifications, else a
// two-hundredth.
constexpr int kNoticeShare = 20, kAuditShare = 200;

constexpr Pace::Time kFightWindow{60000};

}  // namespace

void Pace::Looked(Time began, Time ended) {
  ended_ = ended;
  cost_ = ended - began;
}

Pace::Time Pace::AfterNotice(Time now) const {
  return std::max(now + limits_.settle, ended_ + cost_ * kNoticeShare);
}

bool Pace::AuditIsDue(Time now) const {
  return now - ended_ >= std::max(limits_.audit, cost_ * kAuditShare);
}

Pace::Time Pace::Retry() {
  const Time wait = retry_;
  retry_ = std::min(retry_ * 2, limits_.last_retry);
  return wait;
}

bool Pace::fought(Time now) const {
  return repairs_.size() >= limits_.most_repairs && now - repairs_.front() < kFightWindow;
}

bool Pace::MayRepair(Time now) {
  if (fought(now) && now - repairs_.back() < limits_.fight_pause) return false;
  repairs_.push_back(now);
  if (repairs_.size() > limits_.most_repairs) repairs_.pop_front();
  return true;
}

}  // namespace kvs::apply
