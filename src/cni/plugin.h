#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cni/call.h"

// The CNI plugin k-vswitch-cni as a function: environment and standard input in, standard output
// and exit status out (CNI specification 1.1.0). It attaches pods to the node's bridge, and talks
// only to the kernel, OVSDB, and a delegated IPAM plugin; k-vswitchd does the rest.
namespace kvs::cni {

struct Answer {
  int exit_status = 0;
  std::string output;  // a result, an error or nothing
};

class Plugin {
 public:
  // `step` is Call::step.
  explicit Plugin(std::function<void(std::string_view)> step = [](std::string_view) {})
      : step_(std::move(step)) {}

  // `get` is getenv(3), `input` the content of standard input, or why it could not be read.
  Answer Run(const std::function<const char*(const char*)>& get,
             const Outcome<std::string>& input) const;

 private:
  Outcome<std::string> Try(const std::function<const char*(const char*)>& get,
                           const Outcome<std::string>& input) const;

  std::function<void(std::string_view)> step_;
};

}  // namespace kvs::cni
