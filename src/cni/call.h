#pragma once

#include <chrono>
#include <functional>
#include <string_view>

#include "cni/config.h"
#include "cni/env.h"

// One call of the plugin: its parameters, and the deadline of the answer.
namespace kvs::cni {

using Deadline = std::chrono::steady_clock::time_point;

inline Deadline In(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

struct Call {
  Env env;
  NetConf conf;
  Deadline deadline;
  // Called with its name after every step that leaves something behind. A test ends the process
  // here, to check that the next call repairs the rest.
  std::function<void(std::string_view)> step = [](std::string_view) {};
};

}  // namespace kvs::cni
