#include "agent/events.h"

#include <algorithm>

#include "base/log.h"

namespace kvs::agent {

void Events::Check(std::chrono::milliseconds now, bool serving,
                   const std::vector<Problem>& problems, const std::vector<Problem>& logged) {
  std::vector<kube::Warning> warnings;
  warnings.reserve(problems.size());
  for (const Problem& problem : problems)
    warnings.push_back({.node = node_,
                        .about = problem.object + " " + problem.field,
                        .reason = kNetworkProblem,
                        .note = problem.ToString(),
                        .logged = std::ranges::count(logged, problem) > 0});
  warnings_.Check(now, warnings);
  if (serving) {
    down_since_.reset();
    if (!std::exchange(served_, true))
      Record(false, kNetworkReady, "k-vswitch attaches and connects pods on this node");
  } else if (served_) {
    if (!down_since_) down_since_ = now;
    if (now - *down_since_ < kube::Warnings::kLasting) return;
    served_ = false;
    Record(true, kNetworkNotReady, "k-vswitch can't attach pods on this node; see: kvs status");
  }
}

void Events::Record(bool warning, const std::string& reason, const std::string& note) {
  log::Info("{}: {}", reason, note);
  source_.Report({.regarding = {kube::Kind::kNode, node_},
                  .reporter = kReporter,
                  .instance = node_,
                  .warning = warning,
                  .reason = reason,
                  .note = note});
}

}  // namespace kvs::agent
