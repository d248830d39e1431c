#include "agent/events.h"

namespace kvs::agent {
namespace {

constexpr std::chrono::milliseconds kLasting{5000}, kAgain{600000};

}  // namespace

void Events::Check(std::chrono::milliseconds now, bool serving,
                   const std::vector<Problem>& problems) {
  std::erase_if(told_, [&](const auto& one) { return now - one.second >= kAgain; });
  std::map<std::string, std::chrono::milliseconds> since;
  for (const Problem& problem : problems) {
    const std::string note = problem.ToString();
    const auto before = since_.find(note);
    const auto from = before == since_.end() ? now : before->second;
    since.emplace(note, from);
    if (now - from >= kLasting && told_.emplace(note, now).second)
      Tell(true, "NetworkProblem", note);
  }
  since_ = std::move(since);
  if (serving) {
    down_since_.reset();
    if (!std::exchange(served_, true))
      Tell(false, "NetworkReady", "k-vswitch attaches and connects pods on this node");
  } else if (served_) {
    if (!down_since_) down_since_ = now;
    if (now - *down_since_ < kLasting) return;
    served_ = false;
    Tell(true, "NetworkNotReady", "k-vswitch attaches no pods on this node: see its problems");
  }
}

void Events::Tell(bool warning, const std::string& reason, const std::string& note) {
  source_.Report({.regarding = {kube::Kind::kNode, node_},
                  .reporter = "kvswitch.io/agent",
                  .instance = node_,
                  .warning = warning,
                  .reason = reason,
                  .note = note});
}

}  // namespace kvs::agent
