#pragma once

#include <vector>

#include "lab/trace.h"

namespace kvs::cli {

// Fills in TraceStep::owner: asks each node's agent which rule and Kubernetes object put the flow
// there. What can't be asked stays as it is.
void NameOwners(const lab::Lab& lab, std::vector<lab::Hop>& hops);

}  // namespace kvs::cli
