#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/outage.h"
#include "kube/source/source.h"

namespace kvs::agent {

inline constexpr std::string_view kManager = "agent";  // of the status's fields

// Keeps the status of the node's VSwitchConfig equal to what it should be: what the object shows is
// compared, not what was written before, so that an object that was made again gets its status too.
class StatusWriter {
 public:
  using Time = std::chrono::milliseconds;  // since an arbitrary start

  explicit StatusWriter(kube::Source& source) : source_(source) {}

  // `shown`: the object as the source has it. A condition that flipped is written at once, the rest
  // every 10 s, and what was written is given as long to show.
  void Write(Time now, const kube::VSwitchConfig& shown, const kube::VSwitchConfigStatus& status);

  // Why it could not be written; empty: it was.
  const std::string& failure() const { return failure_; }

 private:
  kube::Source& source_;
  std::string uid_;                    // of the object written to
  kube::VSwitchConfigStatus written_;  // last
  Time written_at_{0};
  std::string failure_;
  Outage outage_{"status"};
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kvs::agent
