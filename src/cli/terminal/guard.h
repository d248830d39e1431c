#pragma once

#include <functional>

namespace kvs::cli {

// Runs `work` in a child process and returns its exit code. `clean` is called however the child
// ends, also when this process is asked to stop (SIGINT, SIGTERM, SIGHUP: the child and its process
// group are killed); its argument says whether it was stopped.
int RunGuarded(const std::function<int()>& work, const std::function<void(bool killed)>& clean);

}  // namespace kvs::cli
