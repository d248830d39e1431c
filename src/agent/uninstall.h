#pragma once

#include <string>
#include <vector>

#include "agent/options.h"

namespace kvs::agent {

struct UninstallReport {
  bool refused = false;               // pods are attached; `problems` names them
  std::vector<std::string> done;      // what was removed, or in a dry run would be
  std::vector<std::string> kept;      // what looks like ours but isn't, or can't be removed here
  std::vector<std::string> problems;  // what failed; a retry may help

  std::string ToJson(const std::string& node) const;
};

struct UninstallRequest {
  bool dry_run = false;  // change nothing
  bool force = false;    // also with pods attached: they lose their network
};

// Removes everything that k-vswitch made on this node: first the ready mark and the configuration
// for CNI, so that no new pods arrive, then bridge, links, nftables rules, routes, plugins, and
// stored files. The kernel's settings are restored. Anything that no longer exists is left out of
// the report, so it may be called again, also after it was killed. Blocks for up to 20 s; unless it
// is a dry run, no Agent may be running.
UninstallReport Uninstall(const Options& options, const UninstallRequest& request);

}  // namespace kvs::agent
