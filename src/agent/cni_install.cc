#include "agent/cni_install.h"

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/hash.h"

namespace kvs::agent {
namespace {

namespace fs = std::filesystem;

// Version 1.0.0, although our plugin supports 1.1.0: the whole chain has one version, and Debian
// 12's portmap refuses a later one.
std::string CniConfig(const Options& options) {
  return fmt::format(R"({{
  "cniVersion": "1.0.0",
  "name": "{}",
  "plugins": [
    {{"type": "{}", "ovsdb": "{}", "capabilities": {{"ips": true, "mac": true}}}},
    {{"type": "portmap", "capabilities": {{"portMappings": true}}}}
  ]
}}
)",
                     kCniNetwork, kCniPlugin, options.ovsdb);
}

// Creates the parent folders too.
Result<> Put(const fs::path& path, const std::string& content, mode_t mode) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);  // if it fails, so does the file
  return WriteFile(path, content, mode);
}

// A line of the record: the file, and a hash of what was installed.
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

// The desired content and mode.
Result<std::pair<std::string, mode_t>> ContentOf(const CniFile& file) {
  if (file.source.empty()) return std::pair(file.text, mode_t{0644});
  auto binary = ReadFile(file.source);
  if (!binary) return Wrap(file.source, binary.error());
  return std::pair(*std::move(binary), mode_t{0755});
}

Result<> Install(const Options& options, const CniFile& file) {
  if (file.keep_others && Exists(file.path)) return {};
  const auto content = ContentOf(file);
  if (!content) return tl::unexpected(content.error());
  if (file.keep_others)
    if (auto done = Record(options, RecordOf(fs::path(file.path).filename(), content->first));
        !done)
      return done;
  return Put(file.path, content->first, content->second);
}

}  // namespace

std::vector<CniFile> CniFilesFor(const Options& options) {
  std::vector<CniFile> files;
  if (!options.cni_bin_dir.empty())
    for (const fs::path source : options.cni_binaries)
      files.push_back({.path = fs::path(options.cni_bin_dir) / source.filename(),
                       .source = source,
                       .text = {},
                       .keep_others = source.filename() != kCniPlugin});
  if (!options.cni_conf_dir.empty())
    files.push_back({.path = CniConfigFile(options), .source = {}, .text = CniConfig(options)});
  return files;
}

void CniFilesTarget::Dump(OnContents done) {
  Contents contents;
  desired_.ForEach([&](const CniFile& file) {
    if (!Exists(file.path)) return;
    const auto as_desired = [&] {
      const auto content = ContentOf(file);
      return content && Holds(file.path, content->first, content->second);
    };
    std::get<0>(contents).push_back({file, file.keep_others || as_desired()});
  });
  done(std::move(contents));
}

void CniFilesTarget::Apply(const Deltas& deltas, OnOutcome done) {
  apply::Outcome<CniFile> outcome;
  std::vector<const CniFile*> files;  // plugins first
  for (const auto& change : std::get<0>(deltas).changes)
    if (change.now != nullptr) files.push_back(change.now);
  std::stable_partition(files.begin(), files.end(),
                        [](const CniFile* file) { return !file->source.empty(); });
  for (const CniFile* file : files) {
    const auto refuse = [&](const std::string& why) {
      outcome.Refuse<CniFile>(file->path, {"CNI", "installation", why, "NotInstalled", true});
    };
    if (file->source.empty() && !std::get<0>(outcome.refused).empty())
      refuse(file->path + " waits for the plugins");
    else if (auto installed = Install(options_, *file); !installed)
      refuse(installed.error().message);
  }
  done(outcome);
}

InstalledPlugins FindInstalledPlugins(const Options& options) {
  InstalledPlugins found;
  if (options.cni_bin_dir.empty()) return found;
  const std::string record = ReadRecord(options);
  for (const fs::path from : options.cni_binaries) {
    const fs::path name = from.filename(), path = fs::path(options.cni_bin_dir) / name;
    const auto binary = ReadFile(path);
    if (!binary) continue;
    const bool ours = name == kCniPlugin || record.find(RecordOf(name, *binary)) != record.npos;
    (ours ? found.ours : found.others).push_back(path);
  }
  return found;
}

std::string CniConfigFile(const Options& options) {
  return options.cni_conf_dir + "/" + std::string(kCniConfig);
}

}  // namespace kvs::agent
