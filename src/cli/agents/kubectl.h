#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "exec/process.h"

namespace kvs::cli {

// Runs the administrator's kubectl(1), found in PATH, which provides the credentials, the cluster,
// and the connection to an agent through the API server.
class Kubectl {
 public:
  // The values of kubectl's flags of these names; empty: not given.
  Kubectl(const std::string& kubeconfig, const std::string& context);

  struct Answer {
    int exit_code = 0;
    std::string out, err;

    // The reason of a failure: `err`, else `out`, without kubectl's log lines (klog: "E1127
    // 03:11:42 ...").
    std::string Complaint() const;
  };
  // `input` is all of its standard input. An Error if it can't be run, isn't finished in time or
  // writes more than `most` bytes.
  Result<Answer> Run(const std::vector<std::string>& arguments,
                     std::chrono::seconds timeout = std::chrono::seconds(30),
                     const std::string& input = "", size_t most = exec::Command().most) const;
  // Its output; an Error with its error output if the exit code isn't 0.
  Result<std::string> Ask(const std::vector<std::string>& arguments,
                          std::chrono::seconds timeout = std::chrono::seconds(30),
                          const std::string& input = "") const;

 private:
  std::vector<std::string> command_;
};

}  // namespace kvs::cli
