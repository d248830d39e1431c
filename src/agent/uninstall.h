#pragma once

#include <string>
#include <vector>

#include "agent/options.h"

namespace kvs::agent {

struct UninstallReport {
  bool refused = false;           // pods are attached; `problems` names them
  std::vector<std::string> done;  // what was removed, or in a dry run would be
  std::vector<std::string> kept;  // what looks like ours and isn't, or can't be removed from here
  std::vector<std::string> problems;  // what failed; once more may help

  std::string ToJson(const std::string& node) const;
};

struct UninstallWish {
  bool dry_run = false;  // only look
  bool force = false;    // also with pods attached: they lose their network
};

// Removes from this node all that k-vswitch made there: first the promise to CNI, so that no pod
// comes any more, then bridge, links, nftables rules, routes, plugins, and what is kept in files.
// The kernel's settings become what they were. Whatever is gone already is left out, so that it may
// be called again, also after it was killed. Blocks for up to 20 s; but for a dry run no Agent may
// be at work.
UninstallReport Uninstall(const Options& options, const UninstallWish& wish);

}  // namespace kvs::agent
