#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "agent/conditions.h"
#include "base/problem.h"
#include "kube/source/warnings.h"

namespace kvs::agent {

// Reports, as events on the Node and in the log, when its network becomes available or unavailable,
// and its problems (kube/source/warnings.h).
class Events {
 public:
  Events(kube::Source& source, std::string node)
      : source_(source), node_(node), warnings_(source, kReporter, std::move(node)) {}

  // The present state; to be called about once a second. `logged`: those of the problems that are
  // logged elsewhere.
  void Check(std::chrono::milliseconds now, bool serving, const std::vector<Problem>& problems,
             const std::vector<Problem>& logged = {});

 private:
  void Record(bool warning, const std::string& reason, const std::string& note);

  kube::Source& source_;
  std::string node_;
  bool served_ = false;  // as last reported
  std::optional<std::chrono::milliseconds> down_since_;
  kube::Warnings warnings_;
};

}  // namespace kvs::agent
