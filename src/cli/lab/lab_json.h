#pragma once

#include "base/text.h"
#include "lab/cluster/lab.h"

// A lab as JSON (-o json).
namespace kvs::cli {

// {"name", "manifests", "overlay", "nodes": [...], "pods": [...]}, where a node is
// {"name", "addresses", "programs": {"k-vswitchd": true, ...}} and a pod
// {"pod", "node", "ips", "mac", "port", "container", "netns"}.
Text LabJson(const lab::Lab& lab);

}  // namespace kvs::cli
