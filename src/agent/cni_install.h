#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/options.h"
#include "apply/frame/target.h"
#include "base/result.h"
#include "engine/desired.h"

namespace kvs::agent {

inline constexpr std::string_view kCniPlugin = "k-vswitch-cni";  // the file's name, and its type
inline constexpr std::string_view kCniConfig = "10-k-vswitch.conflist";
inline constexpr std::string_view kCniNetwork = "k-vswitch";  // the name of the cluster's network

// A file that container runtimes need of us.
struct CniFile {
  std::string path;
  std::string source;  // the file to copy; "": it holds `text`
  std::string text;
  bool keep_others = false;  // one that is there already is somebody else's, and serves

  const std::string& id() const { return path; }
  friend bool operator==(const CniFile&, const CniFile&) = default;
};

// The plugins, in cni_bin_dir: ours, and those that are not there, which are recorded. And the
// network's configuration, in cni_conf_dir, as CNI 1.0.0: a chain speaks one version, and the
// portmap of containernetworking-plugins before 1.6 (Debian 12 has 1.1.1) refuses 1.1.0. Options
// without these folders: none.
std::vector<CniFile> CniFilesFor(const Options& options);

// Puts them there, by a rename: a runtime may be running one. With the configuration the node
// becomes Ready, so it is the last, and waits for the plugins.
class CniFilesTarget final : public apply::Target<CniFile> {
 public:
  // `desired`: the files that are looked at.
  CniFilesTarget(const Options& options, const engine::Desired<CniFile>& desired)
      : options_(options), desired_(desired) {}

  void Dump(OnContents done) override;
  void Apply(const Deltas& deltas, OnOutcome done) override;

 private:
  const Options& options_;
  const engine::Desired<CniFile>& desired_;
};

std::string CniConfigFile(const Options& options);

// The files of plugins that were put there, and are as they were put; ours always.
struct InstalledPlugins {
  std::vector<std::string> ours;
  std::vector<std::string> others;  // of cni_binaries, but somebody else's, or changed since
};
InstalledPlugins FindInstalledPlugins(const Options& options);

}  // namespace kvs::agent
