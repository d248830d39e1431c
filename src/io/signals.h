#pragma once

#include <functional>
#include <initializer_list>
#include <vector>

#include "io/loop.h"

struct uv_signal_s;

namespace kvs::io {

// Calls a function on the loop for each signal; while this object lives, the signals' default
// action is off. It does not keep the loop running by itself.
// Signals stop(loop, {SIGTERM, SIGINT}, [&](int) { loop.Stop(); });
class Signals {
 public:
  Signals(Loop& loop, std::initializer_list<int> signals, std::function<void(int)> on_signal);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  std::function<void(int)> on_signal_;
  std::vector<uv_signal_s*> handles_;  // owned; freed by the loop once closed
};

}  // namespace kvs::io
