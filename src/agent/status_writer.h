#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/outage.h"
#include "kube/source/source.h"

namespace kvs::agent {

inline constexpr std::string_view kManager = "agent";  // of the status's fields

// Keeps the status of the node's VSwitchConfig as it should be. It compares with the object, not
// with what it wrote before, so that a recreated object gets its status as well.
class StatusWriter {
 public:
  using Time = std::chrono::milliseconds;  // since an arbitrary start

  explicit StatusWriter(kube::Source& source) : source_(source) {}

  // `shown`: the present object. A changed condition is written at once, other changes every 10 s;
  // a written status has the same time to appear in the object.
  void Write(Time now, const kube::VSwitchConfig& shown, const kube::VSwitchConfigStatus& status);

  // Why the status could not be written; empty: it was.
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
