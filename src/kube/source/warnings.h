#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "kube/source/source.h"

namespace kvs::kube {

// What is wrong with a node.
struct Warning {
  std::string node;
  std::string about;    // which object and field: with `reason` it tells warnings of a node apart
  std::string reason;   // one word, CamelCase
  std::string note;     // a sentence, which may change while it lasts
  bool logged = false;  // whoever found it tells the log
};

// Tells warnings as events on the Node, every ten minutes at most, and in the log when they come
// and when they go; not what lasts less than a few seconds. Events are for people, and the API
// server keeps every one for an hour.
class Warnings {
 public:
  using Time = std::chrono::milliseconds;  // since an arbitrary start
  static constexpr Time kLasting{5000};    // what is shorter is not told

  // `reporter` and `instance` as of Event. `source` must outlive it.
  Warnings(Source& source, std::string reporter, std::string instance)
      : source_(source), reporter_(std::move(reporter)), instance_(std::move(instance)) {}

  // All that is wrong now; about once a second.
  void Check(Time now, const std::vector<Warning>& warnings);

 private:
  struct Known {
    Warning warning;
    Time since{0};
    bool told = false;
  };

  void Report(const Warning& warning);

  Source& source_;
  std::string reporter_, instance_;
  std::map<std::string, Known> known_;
  std::map<std::string, Time> reported_;
};

}  // namespace kvs::kube
