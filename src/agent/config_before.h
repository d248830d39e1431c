#pragma once

#include <optional>
#include <string>

#include "agent/options.h"
#include "base/problem.h"

namespace kvs::agent {

// The CNI configuration that container runtimes use instead of ours, because they use the first
// file of the folder by name (libcni, ConfFiles). If it is another plugin's, that is a problem: new
// pods get its network. If it is Multus' and delegates to us, it is not: Multus calls the cluster's
// network first, and then those that a pod requests.
struct ConfigBefore {
  std::string file;  // its name; "" if runtimes use ours
  bool multus = false;
  std::string delegate;  // the network that Multus calls first; "": not configured
  // Which network the delegate belongs to. kNotKnown: it is not a file in the folder, so it is a
  // NetworkAttachmentDefinition, which the agent does not read, or it is in the configuration of
  // Multus' daemon.
  enum class Whose { kOurs, kAnothers, kNotKnown } whose = Whose::kAnothers;

  // Why new pods get another network, and the remedy; nullopt if they don't.
  std::optional<Problem> ToProblem() const;
  // A note for people if it is no problem: "Multus (00-multus.conf) delegates to k-vswitch". "" if
  // there is none.
  std::string ToNote() const;

  friend bool operator==(const ConfigBefore&, const ConfigBefore&) = default;
};

// Reads Multus' "clusterNetwork" (a network's name, or the path of its file; it has precedence) and
// "delegates" (whole configurations, the cluster's first): configuration.md of
// k8snetworkplumbingwg/multus-cni. The type is "multus", or "multus-shim" for the thick plugin;
// both may be in its daemon's configuration instead (thick-plugin.md).
ConfigBefore FindConfigBefore(const Options& options);

}  // namespace kvs::agent
