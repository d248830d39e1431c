#pragma once

#include <string>

#include "agent/options.h"
#include "base/result.h"

namespace kvs::agent {

// Puts the plugin into cni_bin_dir. Replaced by a rename, and only if it differs: a runtime may be
// running it.
Result<> InstallCniPlugin(const Options& options);

// Writes the network's configuration (CNI 1.1.0) into cni_conf_dir. With it the node becomes Ready,
// so it is the last thing an agent does that starts. Options without these folders: nothing is
// done.
Result<> WriteCniConfig(const Options& options);

// The configuration's text.
std::string CniConfig(const Options& options);

}  // namespace kvs::agent
