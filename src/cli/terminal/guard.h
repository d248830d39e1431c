#pragma once

#include <functional>

namespace kvs::cli {

// Runs `work` in a child process and gives its exit code. However the child ends, and when this
// process is told to stop (SIGINT, SIGTERM, SIGHUP: the child and what it started in its process
// group is killed), `clean` is called, with whether it was stopped.
int RunGuarded(const std::function<int()>& work, const std::function<void(bool killed)>& clean);

}  // namespace kvs::cli
