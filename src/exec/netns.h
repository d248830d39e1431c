#pragma once

#include <string>
#include <vector>

#include "base/result.h"

// Network namespaces of a lab: named, in /run/netns.
namespace kvs::exec {

// Makes a namespace with `lo` up and without duplicate address detection on links made later (an
// address is usable at once).
Result<> MakeNetns(const std::string& name);
// Takes the name away; the namespace ends with its last process. No error if it isn't there.
Result<> RemoveNetns(const std::string& name);
// Gives the calling thread, for good, a /sys that shows the links of the network namespace it is
// in, as container runtimes and ip-netns(8) do: else it shows those of the machine's. It gets a
// mount namespace of its own for that, as do the programs it starts from then on.
Result<> MountSysfs();
std::vector<std::string> NetnsWithPrefix(const std::string& prefix);

}  // namespace kvs::exec
