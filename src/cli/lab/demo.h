#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "lab/cluster/lab.h"
#include "probe/matrix.h"

namespace kvs::cli {

struct DemoOptions {
  lab::Options lab{.name = "demo"};
  std::chrono::seconds timeout = probe::kTimeout;  // how long each cell of the matrix is tried
  // Called before connectivity is tried; a test breaks something here.
  std::function<void(lab::Lab&)> before_matrix = [](lab::Lab&) {};
};

// Starts a lab, shows pods, the matrix of real connectivity, the path of one packet and the
// duration of each step, and stops the lab. Returns kOk, or kFailed if any cell is not as it should
// be. It works in a child process: however that ends (Ctrl-C, a crash), nothing of the lab is left.
int RunDemo(const DemoOptions& options);

}  // namespace kvs::cli
