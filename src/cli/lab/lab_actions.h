#pragma once

#include <string>
#include <vector>

#include "cli/inspect/trace.h"
#include "lab/cluster/lab.h"

// The commands of `kvs lab`; each prints for people and returns the exit code.
namespace kvs::cli {

int LabUp(lab::Options options);
int LabDown(const std::string& name);
int AllLabsDown();
int LabStatus(const std::string& name, bool json);
// Replaces this process by the command, with kvs in PATH and, on a node, its sockets; returns only
// on failure.
int LabExec(const std::string& name, const std::string& endpoint,
            const std::vector<std::string>& command);
int LabPodAdd(const std::string& name, const std::string& pod, const std::string& node);
int LabPodRemove(const std::string& name, const std::string& pod);
int LabTrace(const std::string& name, const TraceArguments& arguments);

}  // namespace kvs::cli
