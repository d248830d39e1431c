#include "kube/folder/files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string_view>

#include "base/file.h"

namespace kvs::kube {
namespace {

bool IsManifest(std::string_view name) {
  return !name.starts_with('.') &&
         (name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json"));
}

int64_t Nanoseconds(const timespec& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; }

}  // namespace

Result<std::map<std::string, FileStamp>> ListManifests(const std::string& folder) {
  const auto names = NamesIn(folder);
  if (!names) return tl::unexpected(names.error());
  std::map<std::string, FileStamp> all;
  for (const std::string& name : *names) {
    if (!IsManifest(name)) continue;
    const std::string path = fmt::format("{}/{}", folder, name);
    struct stat link, file;
    if (lstat(path.c_str(), &link) != 0) continue;  // removed since
    if (stat(path.c_str(), &file) != 0)
      all[name] = {};
    else if (S_ISREG(file.st_mode))
      all[name] = {file.st_dev, file.st_ino, static_cast<uint64_t>(file.st_size),
                   Nanoseconds(file.st_mtim), Nanoseconds(file.st_ctim)};
  }
  return all;
}

bool IsSettled(const FileStamp& stamp) {
  constexpr std::chrono::nanoseconds kTick = std::chrono::milliseconds(100);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::nanoseconds(stamp.changed_ns) + kTick < now;
}

Result<> RemoveFiles(const std::string& folder, const std::string& prefix) {
  constexpr std::string_view kSuffix = ".yaml";
  const auto names = NamesIn(folder);
  if (!names) return names.error().code == ENOENT ? Result<>{} : tl::unexpected(names.error());
  for (const std::string& name : *names) {
    if (!name.starts_with(prefix) || !name.ends_with(kSuffix) ||
        name.size() < prefix.size() + kSuffix.size() ||
        name.find('.', prefix.size()) != name.size() - kSuffix.size())
      continue;
    const std::string path = fmt::format("{}/{}", folder, name);
    if (unlink(path.c_str()) != 0 && errno != ENOENT) return FailErrno(errno, "remove {}", path);
  }
  return {};
}

}  // namespace kvs::kube
