#pragma once

#include <string>

namespace kvs::cli {

// The exit codes of kvs.
enum ExitCode : int {
  kOk = 0,
  kFailed = 1,       // a check failed, or the command could not be carried out
  kUsage = 2,        // the command line is wrong
  kUnreachable = 3,  // no answer: there is no such agent or lab
};

// Why something could not be done, and the exit code for it.
struct Failure {
  ExitCode code = kFailed;
  std::string message;
};

}  // namespace kvs::cli
