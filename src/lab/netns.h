#pragma once

#include <string>
#include <vector>

#include "base/result.h"

// Network namespaces of a lab: named, in /run/netns.
namespace kvs::lab {

// Makes a namespace with `lo` up and without duplicate address detection on links made later (an
// address is usable at once).
Result<> MakeNetns(const std::string& name);
// Takes the name away; the namespace ends with its last process. No error if it isn't there.
Result<> RemoveNetns(const std::string& name);
std::vector<std::string> NetnsWithPrefix(const std::string& prefix);

}  // namespace kvs::lab
