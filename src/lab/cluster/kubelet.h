#pragma once

#include <string>

#include "base/result.h"

namespace kvs::lab {

// Keeps a lab that is up equal to its folder of manifests: a change takes effect at once. Runs
// until SIGTERM or SIGINT; the lab stays up. What fails is logged and tried again with the next
// change.
Result<> RunKubelet(const std::string& lab);

}  // namespace kvs::lab
