#pragma once

#include <string>

#include "base/result.h"

namespace kvs::lab {

// Keeps a running lab equal to its folder of manifests: a change takes effect at once. Runs until
// SIGTERM or SIGINT; the lab keeps running. Failures are logged and retried with the next change.
Result<> RunKubelet(const std::string& lab);

}  // namespace kvs::lab
