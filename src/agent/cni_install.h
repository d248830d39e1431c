#pragma once

#include <string>
#include <vector>

#include "agent/options.h"
#include "base/result.h"

namespace kvs::agent {

// Puts the plugins into cni_bin_dir: ours, and those that are not there, which are recorded.
// Replaced by a rename, and only if it differs: a runtime may be running it.
Result<> InstallCniPlugins(const Options& options);

// Writes the network's configuration into cni_conf_dir, as CNI 1.0.0: a chain speaks one version,
// and the portmap of containernetworking-plugins before 1.6 (Debian 12 has 1.1.1) refuses 1.1.0.
// With it the node becomes Ready, so it is the last thing an agent does that starts. Options
// without these folders: nothing is done.
Result<> WriteCniConfig(const Options& options);

std::string CniConfigFile(const Options& options);  // where that is

// The files of plugins that were put there, and are as they were put; ours always.
struct InstalledPlugins {
  std::vector<std::string> ours;
  std::vector<std::string> others;  // of cni_binaries, but somebody else's, or changed since
};
InstalledPlugins FindInstalledPlugins(const Options& options);

// The configuration of another network that container runtimes take instead, for they take the
// first file by name (libcni, ConfFiles); "" if there is none.
std::string ConfigBeforeOurs(const Options& options);

// The configuration's text.
std::string CniConfig(const Options& options);

}  // namespace kvs::agent
