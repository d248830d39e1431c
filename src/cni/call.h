#pragma once

#include <chrono>
#include <functional>
#include <string_view>

#include "cni/config.h"
#include "cni/env.h"

// One call of the plugin: what was asked, and until when an answer is due.
namespace kvs::cni {

using Deadline = std::chrono::steady_clock::time_point;

inline Deadline In(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

struct Call {
  Env env;
  NetConf conf;
  Deadline deadline;
  // Called after every step that leaves something behind, with its name. A test ends the process
  // here, to see that the next call repairs what is left.
  std::function<void(std::string_view)> step = [](std::string_view) {};
};

}  // namespace kvs::cni
