#pragma once

#include <optional>
#include <string>

#include "agent/options.h"
#include "base/problem.h"

namespace kvs::agent {

// The CNI configuration that container runtimes take in place of ours, for they take the first file
// of the folder by name (libcni, ConfFiles). Another plugin's is wrong: new pods get that network.
// Multus' is not, if it delegates to us: it calls the network of the cluster first, and then those
// that a pod asks for.
struct ConfigBefore {
  std::string file;  // its name; "" if runtimes take ours
  bool multus = false;
  std::string delegate;  // the network that Multus calls first, as it is configured; "": not said
  // Whose the delegate is. Not known: it is no file in the folder, so it is a
  // NetworkAttachmentDefinition, which the agent does not read; or Multus' daemon knows it.
  enum class Whose { kOurs, kAnothers, kNotKnown } whose = Whose::kAnothers;

  // Why new pods get another network, and what to do; nullopt if they don't.
  std::optional<Problem> ToProblem() const;
  // For people, where it is no problem: "Multus (00-multus.conf) delegates to k-vswitch". "" if
  // there is nothing to say.
  std::string ToNote() const;

  friend bool operator==(const ConfigBefore&, const ConfigBefore&) = default;
};

// Reads Multus' "clusterNetwork" (the name of a network, or the path of its file; it takes
// precedence) and "delegates" (configurations in full, the cluster's first): configuration.md of
// k8snetworkplumbingwg/multus-cni. The type is "multus"; of the thick plugin it is "multus-shim",
// and both may be left to its daemon's configuration (thick-plugin.md there).
ConfigBefore FindConfigBefore(const Options& options);

}  // namespace kvs::agent
