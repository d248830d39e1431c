#pragma once

#include <functional>
#include <memory>

#include "io/loop.h"

namespace kvs::io {

// Runs `work` on a thread of the pool, then `done` from the loop. For system calls that block for
// milliseconds. Destroying it calls `done` no more; `work`, once begun, runs to its end and must
// own all it uses.
class Work {
 public:
  static std::unique_ptr<Work> Run(Loop& loop, std::function<void()> work,
                                   std::function<void()> done);
  ~Work();
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

 private:
  struct State;
  explicit Work(std::shared_ptr<State> state) : state_(std::move(state)) {}

  std::shared_ptr<State> state_;
};

}  // namespace kvs::io
