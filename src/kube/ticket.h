#pragma once

#include <memory>

#include "kube/source.h"

namespace kvs::kube {

// A Subscription that keeps what it holds alive for the Source, and lets the Source see that it is
// no longer wanted: T has `bool alive`.
template <class T>
class Ticket : public Subscription {
 public:
  explicit Ticket(std::shared_ptr<T> watcher) : watcher_(std::move(watcher)) {}
  ~Ticket() override { watcher_->alive = false; }

 private:
  std::shared_ptr<T> watcher_;
};

}  // namespace kvs::kube
