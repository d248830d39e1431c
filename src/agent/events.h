#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "agent/conditions.h"
#include "base/problem.h"
#include "kube/source/warnings.h"

namespace kvs::agent {

// Tells as events on the Node, and in the log, when its network comes and goes, and what is wrong
// with it (kube/source/warnings.h).
class Events {
 public:
  Events(kube::Source& source, std::string node)
      : source_(source), node_(node), warnings_(source, kReporter, std::move(node)) {}

  // What is now, about once a second. `logged`: those of the problems that the log was told.
  void Check(std::chrono::milliseconds now, bool serving, const std::vector<Problem>& problems,
             const std::vector<Problem>& logged = {});

 private:
  void Tell(bool warning, const std::string& reason, const std::string& note);

  kube::Source& source_;
  std::string node_;
  bool served_ = false;  // as told
  std::optional<std::chrono::milliseconds> down_since_;
  kube::Warnings warnings_;
};

}  // namespace kvs::agent
