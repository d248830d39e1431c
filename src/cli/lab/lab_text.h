#pragma once

#include <chrono>
#include <string_view>

#include "base/text.h"
#include "lab/cluster/lab.h"

// A lab as text for people.
namespace kvs::cli {

// A lab::OnStep that prints a line.
void PrintStep(std::string_view what, std::chrono::milliseconds time);
// A table of the pods with node, addresses and port.
Text PodsText(const lab::Lab& lab);
// A table of the nodes with addresses and whether each program runs.
Text NodesText(const lab::Lab& lab);

}  // namespace kvs::cli
