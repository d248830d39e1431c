#pragma once

#include <string>

namespace kvs::cli {

// What kvs ends with.
enum ExitCode : int {
  kOk = 0,
  kFailed = 1,       // a check failed, or what was asked could not be done
  kUsage = 2,        // the command line is wrong
  kUnreachable = 3,  // nobody answers: agent or lab isn't there
};

// Why something could not be done, and what kvs ends with for it.
struct Failure {
  ExitCode code = kFailed;
  std::string message;
};

}  // namespace kvs::cli
