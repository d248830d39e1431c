#pragma once

#include <functional>
#include <memory>

#include "io/loop.h"

namespace kvs::io {

// Runs `work` on a thread of the pool, then `done` on the loop's thread. For system calls that
// block for milliseconds. After the object is destroyed, `done` is not called; `work` that has
// begun runs to its end and must own everything it uses.
class BlockingTask {
 public:
  static std::unique_ptr<BlockingTask> Run(Loop& loop, std::function<void()> work,
                                           std::function<void()> done);
  ~BlockingTask();
  BlockingTask(const BlockingTask&) = delete;
  BlockingTask& operator=(const BlockingTask&) = delete;

 private:
  struct State;
  explicit BlockingTask(std::shared_ptr<State> state) : state_(std::move(state)) {}

  std::shared_ptr<State> state_;
};

}  // namespace kvs::io
