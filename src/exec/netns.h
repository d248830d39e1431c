#pragma once

#include <string>
#include <vector>

#include "base/result.h"

// Network namespaces of a lab: named, in /run/netns.
namespace kvs::exec {

// Creates a namespace with `lo` up; links created later have no duplicate address detection, so
// that addresses are usable at once.
Result<> MakeNetns(const std::string& name);
// Deletes the name; the namespace ends with its last process. No error if it does not exist.
Result<> RemoveNetns(const std::string& name);
// Mounts, for the calling thread permanently, a /sys that shows the links of its network namespace,
// as container runtimes and ip-netns(8) do: otherwise it shows the machine's links. The thread gets
// a mount namespace of its own, as do the programs it starts afterwards.
Result<> MountSysfs();
std::vector<std::string> NetnsWithPrefix(const std::string& prefix);

}  // namespace kvs::exec
