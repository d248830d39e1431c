#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "kube/source/source.h"

// The bookkeeping of watchers that both Sources share.
namespace kvs::kube {

// A Subscription that keeps its state alive for the Source, and shows the Source when it was
// destroyed: T has `bool alive`.
template <class T>
class WatchHandle : public Subscription {
 public:
  explicit WatchHandle(std::shared_ptr<T> watcher) : watcher_(std::move(watcher)) {}
  ~WatchHandle() override { watcher_->alive = false; }

 private:
  std::shared_ptr<T> watcher_;
};

// The watchers of problems; each is called once per change.
class ProblemWatchers {
 public:
  std::unique_ptr<Subscription> Add(Source::OnProblems on_problems) {
    watchers_.push_back(std::make_shared<Watcher>(Watcher{std::move(on_problems)}));
    return std::make_unique<WatchHandle<Watcher>>(watchers_.back());
  }

  void Notify(const std::vector<Problem>& problems) {
    std::erase_if(watchers_, [](const auto& watcher) { return !watcher->alive; });
    for (const auto& watcher : std::vector(watchers_)) {
      if (!watcher->alive || watcher->told == problems) continue;
      watcher->told = problems;
      watcher->on_problems(problems);
    }
  }

 private:
  struct Watcher {
    Source::OnProblems on_problems;
    bool alive = true;
    std::vector<Problem> told;
  };
  std::vector<std::shared_ptr<Watcher>> watchers_;
};

}  // namespace kvs::kube
