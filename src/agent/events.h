#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/problem.h"
#include "kube/source.h"

namespace kvs::agent {

// Tells as events on the Node when its network comes and goes, and what is wrong with it. What
// lasts less than a few seconds is not told, and no problem twice within ten minutes: events are
// for people, and the API server keeps every one for an hour.
class Events {
 public:
  Events(kube::Source& source, std::string node) : source_(source), node_(std::move(node)) {}

  // What is now; about once a second.
  void Check(std::chrono::milliseconds now, bool serving, const std::vector<Problem>& problems);

 private:
  void Tell(bool warning, const std::string& reason, const std::string& note);

  kube::Source& source_;
  std::string node_;
  bool served_ = false;  // as told
  std::optional<std::chrono::milliseconds> down_since_;
  std::map<std::string, std::chrono::milliseconds> since_;  // problem -> when it came
  std::map<std::string, std::chrono::milliseconds> told_;   // problem -> when
};

}  // namespace kvs::agent
