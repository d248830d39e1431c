#pragma once

#include <string>

#include "base/result.h"
#include "lab/machine/node.h"

// Runs the CNI plugins of a node's configuration in order, as a container runtime does (CNI spec
// 1.1.0, section 4): the first *.conflist of the node's CNI folder by name.
namespace kvs::lab {

struct CniAttachment {
  std::string container;
  std::string netns;  // path
  std::string ns, pod, uid;
  std::string ifname = "eth0";
};

// Returns the last plugin's result (JSON). The Error names the plugin, its code and message;
// plugins that had succeeded are undone (DEL), as runtimes do.
Result<std::string> CniAdd(const Node& node, const CniAttachment& attachment);
// `result`: from CniAdd.
Result<> CniCheck(const Node& node, const CniAttachment& attachment, const std::string& result);
Result<> CniDelete(const Node& node, const CniAttachment& attachment, const std::string& result);

}  // namespace kvs::lab
