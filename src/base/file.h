#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"

// Whole files and folders in the file system. All calls block.
namespace kvs {

// Fails for a folder, for a file of more than 64 MiB, and for a FIFO without a writer (it does not
// wait).
Result<std::string> ReadFile(const std::string& path);

// Writes a new file beside `path` and renames it, so that a reader sees either the old content or
// the new, also after a crash. Does nothing if content and mode are the same already. On failure
// the old file is untouched. A symbolic link at `path` is replaced by the file, not followed.
Result<> WriteFile(const std::string& path, const std::string& content, mode_t mode = 0644);

// Whether `path` is a regular file (not a symbolic link) with this content and mode.
bool Holds(const std::string& path, const std::string& content, mode_t mode = 0644);

// The names of all entries of the folder, sorted.
Result<std::vector<std::string>> NamesIn(const std::string& folder);

// False also if it can't be determined.
bool Exists(const std::string& path);

}  // namespace kvs
