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

// A file that container runtimes need from us.
struct CniFile {
  std::string path;
  std::string source;  // the file to copy; "": it holds `text`
  std::string text;
  bool keep_others = false;  // an existing file is kept

  const std::string& id() const { return path; }
  friend bool operator==(const CniFile&, const CniFile&) = default;
};

// The plugins, in cni_bin_dir: ours, and those that are missing, which are recorded. And the
// network's configuration, in cni_conf_dir, with CNI version 1.0.0: all plugins of a chain get the
// same version, and portmap of containernetworking-plugins before 1.6 (Debian 12 has 1.1.1) refuses
// 1.1.0. Empty for options without these folders.
std::vector<CniFile> CniFilesFor(const Options& options);

// Writes the files by rename, because a runtime may be executing a plugin. The node becomes Ready
// with the configuration, so it is the last file, and waits for the plugins.
class CniFilesTarget final : public apply::Target<CniFile> {
 public:
  // `desired`: the files to check.
  CniFilesTarget(const Options& options, const engine::Desired<CniFile>& desired)
      : options_(options), desired_(desired) {}

  void Dump(OnContents done) override;
  void Apply(const Deltas& deltas, OnOutcome done) override;

 private:
  const Options& options_;
  const engine::Desired<CniFile>& desired_;
};

std::string CniConfigFile(const Options& options);

// Plugins that were installed and not changed since; always includes ours.
struct InstalledPlugins {
  std::vector<std::string> ours;
  std::vector<std::string> others;  // of cni_binaries, but somebody else's, or changed since
};
InstalledPlugins FindInstalledPlugins(const Options& options);

}  // namespace kvs::agent
