#include "kube/source/warnings.h"

#include "base/log.h"

namespace kvs::kube {
namespace {

constexpr Warnings::Time kAgain{600000};

}  // namespace

void Warnings::Check(Time now, const std::vector<Warning>& warnings) {
  std::erase_if(reported_, [&](const auto& one) { return now - one.second >= kAgain; });
  std::map<std::string, Known> before = std::exchange(known_, {});
  for (const Warning& warning : warnings) {
    const std::string key = fmt::format("{} {} {}", warning.node, warning.reason, warning.about);
    const auto [at, is_new] = known_.try_emplace(key, Known{warning, now});
    if (!is_new) continue;
    Known& known = at->second;
    if (const auto old = before.find(key); old != before.end()) {
      known = std::move(old->second);
      before.erase(old);
    }
    if (now - known.since < kLasting) continue;
    if (!std::exchange(known.told, true) && !warning.logged)
      log::Warning("{} {}: {}", warning.node, warning.reason, warning.note);
    if (reported_.emplace(key, now).second) Report(warning);
  }
  for (const auto& [key, known] : before)
    if (known.told && !known.warning.logged)
      log::Info("{} {}: {} ended after {} s", known.warning.node, known.warning.reason,
                known.warning.about, (now - known.since).count() / 1000);
}

void Warnings::Report(const Warning& warning) {
  source_.Report({.regarding = {Kind::kNode, warning.node},
                  .reporter = reporter_,
                  .instance = instance_,
                  .warning = true,
                  .reason = warning.reason,
                  .note = warning.note});
}

}  // namespace kvs::kube
