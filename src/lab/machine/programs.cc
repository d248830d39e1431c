#include "lab/machine/programs.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <vector>

namespace kvs::lab {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> Folders(const std::string& program) {
  std::vector<fs::path> folders;
  if (const char* named = std::getenv("KVS_BIN_DIR")) folders.emplace_back(named);
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  folders.push_back(self.parent_path());
  for (fs::path up = self.parent_path(); up.has_relative_path(); up = up.parent_path())
    folders.push_back(up / "cmd" / program);
  std::istringstream path(std::getenv("PATH") ? std::getenv("PATH") : "");
  for (std::string folder; std::getline(path, folder, ':');) folders.emplace_back(folder);
  return folders;
}

Result<std::string> FindProgram(const std::string& program) {
  std::error_code error;
  for (const auto& folder : Folders(program)) {
    const fs::path candidate = folder / program;
    if (fs::is_regular_file(candidate, error) && access(candidate.c_str(), X_OK) == 0)
      return fs::absolute(candidate).string();
  }
  return Fail("program {}: not found; build it, or set KVS_BIN_DIR to its folder", program);
}

}  // namespace

Result<Programs> Programs::Find() {
  Programs programs;
  const std::pair<const char*, std::string*> wanted[] = {
      {"k-vswitchd", &programs.agent},
      {"k-vswitch-cni", &programs.cni},
      {"k-vswitch-controller", &programs.controller},
      {"kvs", &programs.kvs}};
  for (const auto& [name, path] : wanted) {
    auto found = FindProgram(name);
    if (!found) return tl::unexpected<Error>(found.error());
    *path = *found;
  }
  return programs;
}

}  // namespace kvs::lab
