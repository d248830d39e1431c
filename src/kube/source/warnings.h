#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "kube/source/source.h"

namespace kvs::kube {

// A problem of a node.
struct Warning {
  std::string node;
  std::string about;    // object and field; with `reason` it identifies a node's warning
  std::string reason;   // one word, CamelCase
  std::string note;     // a sentence, which may change while it lasts
  bool logged = false;  // it is logged already where it was found
};

// Reports warnings as events on the Node, at most every ten minutes each, and logs when they begin
// and end. Warnings that last less than a few seconds are not reported. Events are for people, and
// the API server stores each for an hour.
class Warnings {
 public:
  using Time = std::chrono::milliseconds;  // since an arbitrary start
  static constexpr Time kLasting{5000};    // shorter warnings are not reported

  // `reporter` and `instance` as in Event. `source` must outlive this.
  Warnings(Source& source, std::string reporter, std::string instance)
      : source_(source), reporter_(std::move(reporter)), instance_(std::move(instance)) {}

  // All present warnings; to be called about once a second.
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
