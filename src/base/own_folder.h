#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace kvs {

// For tests: a folder that is nobody else's, and is gone with this object. Tests run side by side,
// and one may run twice at a time, so a path that is always the same would be shared.
class OwnFolder {
 public:
  OwnFolder() : path_(std::filesystem::temp_directory_path() / "kvs-test-XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~OwnFolder() {
    std::error_code ignored;  // a thread may be writing there still
    std::filesystem::remove_all(path_, ignored);
  }
  OwnFolder(const OwnFolder&) = delete;
  OwnFolder& operator=(const OwnFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace kvs
