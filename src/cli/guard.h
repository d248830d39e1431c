#pragma once

#include <functional>
#include <string>

namespace kvs::cli {

// Runs `work` in a child process and gives its exit code. However the child ends, and when this
// process is told to stop (SIGINT, SIGTERM, SIGHUP: the child is killed), lab `name` is cleaned,
// unless somebody else holds it.
int RunGuarded(const std::string& name, const std::function<int()>& work);

}  // namespace kvs::cli
