#include "agent/cni_install.h"

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/hash.h"

namespace kvs::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kOurs = "k-vswitch-cni";
constexpr std::string_view kConfig = "10-k-vswitch.conflist";

// With the folders that lead to it.
Result<> Put(const fs::path& path, const std::string& content, mode_t mode) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);  // if it fails, so does the file
  return WriteFile(path, content, mode);
}

// A line of the record: what was put there, by a hash.
std::string RecordOf(const fs::path& name, const std::string& binary) {
  return fmt::format("{} {:016x}\n", name.string(), StableHash(binary));
}

std::string ReadRecord(const Options& options) {
  return options.plugin_record().empty() ? "" : ReadFile(options.plugin_record()).value_or("");
}

Result<> Record(const Options& options, const std::string& line) {
  const std::string lines = ReadRecord(options);
  if (options.plugin_record().empty() || lines.find(line) != lines.npos) return {};
  return Put(options.plugin_record(), lines + line, 0600);
}

}  // namespace

Result<> InstallCniPlugins(const Options& options) {
  if (options.cni_bin_dir.empty()) return {};
  for (const fs::path from : options.cni_binaries) {
    const fs::path to = fs::path(options.cni_bin_dir) / from.filename();
    if (from.filename() != kOurs && Exists(to)) continue;
    const auto binary = ReadFile(from);
    if (!binary) return Wrap(from.string(), binary.error());
    if (from.filename() != kOurs)
      if (auto done = Record(options, RecordOf(from.filename(), *binary)); !done) return done;
    if (auto done = Put(to, *binary, 0755); !done) return done;
  }
  return {};
}

InstalledPlugins FindInstalledPlugins(const Options& options) {
  InstalledPlugins found;
  if (options.cni_bin_dir.empty()) return found;
  const std::string record = ReadRecord(options);
  for (const fs::path from : options.cni_binaries) {
    const fs::path name = from.filename(), path = fs::path(options.cni_bin_dir) / name;
    const auto binary = ReadFile(path);
    if (!binary) continue;
    const bool ours = name == kOurs || record.find(RecordOf(name, *binary)) != record.npos;
    (ours ? found.ours : found.others).push_back(path);
  }
  return found;
}

// Version 1.0.0, though ours speaks 1.1.0: one version holds for the whole chain, and Debian 12's
// portmap refuses a later one.
std::string CniConfig(const Options& options) {
  return fmt::format(R"({{
  "cniVersion": "1.0.0",
  "name": "k-vswitch",
  "plugins": [
    {{"type": "{}", "ovsdb": "{}", "capabilities": {{"ips": true, "mac": true}}}},
    {{"type": "portmap", "capabilities": {{"portMappings": true}}}}
  ]
}}
)",
                     kOurs, options.ovsdb);
}

Result<> WriteCniConfig(const Options& options) {
  if (options.cni_conf_dir.empty()) return {};
  return Put(CniConfigFile(options), CniConfig(options), 0644);
}

std::string CniConfigFile(const Options& options) {
  return options.cni_conf_dir + "/" + std::string(kConfig);
}

std::string ConfigBeforeOurs(const Options& options) {
  std::string first(kConfig);
  if (options.cni_conf_dir.empty()) return {};
  for (const std::string& name :
       NamesIn(options.cni_conf_dir).value_or(std::vector<std::string>())) {
    const std::string extension = fs::path(name).extension();
    if (extension != ".conf" && extension != ".conflist" && extension != ".json") continue;
    first = std::min(first, name);
  }
  return first == kConfig ? "" : first;
}

}  // namespace kvs::agent
