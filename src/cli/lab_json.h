#pragma once

#include <string>
#include <vector>

#include "lab/lab.h"
#include "lab/trace.h"

// A lab, as programs see it (-o json).
namespace kvs::cli {

// {"name", "manifests", "overlay", "nodes": [...], "pods": [...]}, where a node is
// {"name", "addresses", "programs": {"k-vswitchd": true, ...}} and a pod
// {"pod", "node", "ips", "mac", "port", "container", "netns"}.
std::string LabJson(const lab::Lab& lab);

// [{"node", "entry", "steps": [...], "verdict"}], where a step is
// {"table", "flow", "cookie", "owner", "actions"}.
std::string TraceJson(const std::vector<lab::Hop>& hops);

}  // namespace kvs::cli
