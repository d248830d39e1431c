#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"

// Whole files and folders, in the file system. Blocking.
namespace kvs {

// Fails for more than 64 MiB, without waiting for a FIFO's writer, and for a folder.
Result<std::string> ReadFile(const std::string& path);

// Writes beside `path` and renames, so that a reader sees the old content or the new, also after a
// crash. Does nothing if content and mode are the same already. On failure the old file is
// untouched. Symbolic links are not followed: one at `path` is replaced by the file.
Result<> WriteFile(const std::string& path, const std::string& content, mode_t mode = 0644);

// Whether `path` is a plain file, no symbolic link, with this content and mode.
bool Holds(const std::string& path, const std::string& content, mode_t mode = 0644);

// Of everything in the folder, sorted.
Result<std::vector<std::string>> NamesIn(const std::string& folder);

// False if that can't be told.
bool Exists(const std::string& path);

}  // namespace kvs
