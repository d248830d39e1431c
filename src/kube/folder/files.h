#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"

// The file operations of the manifest folder. Blocking.
namespace kvs::kube {

// The attributes by stat(2) that change when a file's content does.
struct FileStamp {
  uint64_t device = 0, inode = 0, size = 0;
  int64_t modified_ns = 0, changed_ns = 0;

  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

// The manifests in the folder by name: regular files *.yaml, *.yml and *.json whose names don't
// begin with a dot; symbolic links are followed. A dangling link has an empty stamp.
Result<std::map<std::string, FileStamp>> ListManifests(const std::string& folder);

// Whether the file can't change any more without a new stamp. A stamp that is younger than this at
// the time of reading may hide a later change, because the kernel's clock for files advances every
// few ms.
bool IsSettled(const FileStamp& stamp);

// Removes <folder>/<prefix>*.yaml where * has no dot. No error if there is none.
Result<> RemoveFiles(const std::string& folder, const std::string& prefix);

}  // namespace kvs::kube
