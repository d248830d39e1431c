#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"

// The file operations of the manifest folder. Blocking.
namespace kvs::kube {

// What changes when a file's content does, as far as stat(2) tells.
struct FileStamp {
  uint64_t device = 0, inode = 0, size = 0;
  int64_t modified_ns = 0, changed_ns = 0;

  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

// The manifests in the folder, by name: regular files *.yaml, *.yml and *.json not beginning with a
// dot, symbolic links followed. A link that leads nowhere has an empty stamp.
Result<std::map<std::string, FileStamp>> ListManifests(const std::string& folder);

// A stamp younger than this, compared with the time of reading, may hide a later change: the
// kernel's clock for files ticks every few ms.
bool IsSettled(const FileStamp& stamp);

// Removes <folder>/<prefix>*.yaml where * has no dot. No error if there is none.
Result<> RemoveFiles(const std::string& folder, const std::string& prefix);

}  // namespace kvs::kube
