#include "agent/status_writer.h"

#include <algorithm>
#include <utility>

namespace kvs::agent {
namespace {

constexpr StatusWriter::Time kInterval{10000};

// The conditions in `shown` of the types in `ours`; other programs write further ones there.
std::vector<kube::Condition> Ours(const std::vector<kube::Condition>& shown,
                                  const std::vector<kube::Condition>& ours) {
  std::vector<kube::Condition> found;
  for (const kube::Condition& condition : ours)
    if (const kube::Condition* there = kube::FindCondition(shown, condition.type))
      found.push_back(*there);
  return found;
}

}  // namespace

void StatusWriter::Write(Time now, const kube::VSwitchConfig& shown,
                         const kube::VSwitchConfigStatus& status) {
  kube::VSwitchConfigStatus there = shown.status;
  there.conditions = Ours(shown.status.conditions, status.conditions);
  if (there == status) return;
  const bool another = std::exchange(uid_, shown.meta.uid) != shown.meta.uid;
  const bool flipped =
      there.conditions != status.conditions && status.conditions != written_.conditions;
  const bool due = now - written_at_ >= kInterval;
  if (!another && !flipped && !due) return;
  kube::VSwitchConfig config;
  config.meta.name = shown.meta.name;
  config.status = status;
  written_ = status;
  written_at_ = now;
  source_.Apply(config, kManager, [this, alive = std::weak_ptr(alive_)](const Result<>& done) {
    if (alive.expired()) return;
    failure_ = done ? "" : done.error().message;
    outage_.Note(failure_);
    if (!done) written_ = {};
  });
}

}  // namespace kvs::agent
