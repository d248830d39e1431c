#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "exec/process.h"

namespace kvs::cli {

// The administrator's kubectl(1), found in PATH: who he is, which cluster he means, and the way to
// an agent through the API server are its business.
class Kubectl {
 public:
  // As kubectl's flags of these names; empty: not given.
  Kubectl(const std::string& kubeconfig, const std::string& context);

  struct Answer {
    int exit_code = 0;
    std::string out, err;

    // Why it failed: `err`, else `out`, without kubectl's log (klog: "E1127 03:11:42 ...").
    std::string Complaint() const;
  };
  // `input` is all of its standard input. An Error if it can't be run, isn't done in time or says
  // more than `most` bytes.
  Result<Answer> Run(const std::vector<std::string>& arguments,
                     std::chrono::seconds timeout = std::chrono::seconds(30),
                     const std::string& input = "", size_t most = exec::Command().most) const;
  // What it printed; an Error with what it said if its exit code isn't 0.
  Result<std::string> Ask(const std::vector<std::string>& arguments,
                          std::chrono::seconds timeout = std::chrono::seconds(30),
                          const std::string& input = "") const;

 private:
  std::vector<std::string> command_;
};

}  // namespace kvs::cli
