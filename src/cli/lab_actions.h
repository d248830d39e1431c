#pragma once

#include <string>
#include <vector>

#include "lab/lab.h"

// The commands of `kvs lab`; each prints for people and gives the exit code.
namespace kvs::cli {

struct TraceArguments {
  std::string from, to;
  bool udp = false, icmp = false, ipv6 = false;
  bool json = false;  // as JSON instead of for people
};

int LabUp(lab::Options options);
int LabDown(const std::string& name);
int AllLabsDown();
int LabStatus(const std::string& name, bool json);
// Becomes the command, with kvs and, on a node, its sockets at hand; comes back only if it can't.
int LabExec(const std::string& name, const std::string& place,
            const std::vector<std::string>& command);
int LabPodAdd(const std::string& name, const std::string& pod, const std::string& node);
int LabPodRemove(const std::string& name, const std::string& pod);
int LabTrace(const std::string& name, const TraceArguments& arguments);

}  // namespace kvs::cli
