#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/fd.h"

namespace kvs {
namespace {

constexpr size_t kMost = 64 << 20;  // bytes

struct CloseDir {
  void operator()(DIR* dir) const { closedir(dir); }
};

Result<> WriteFailed(const std::string& path) {
  auto failed = FailErrno(errno, "write {}", path);
  if (errno == ENOSPC || errno == EDQUOT) failed.value().message += "; free some space there";
  return failed;
}

Result<> WriteAll(const std::string& path, const std::string& content, mode_t mode) {
  unlink(path.c_str());  // of a writer that was killed, or somebody's link to elsewhere
  const Fd file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!file) return FailErrno(errno, "make {}", path);
  if (fchmod(file.get(), mode) != 0)
    return FailErrno(errno, "chmod {}", path);  // despite the umask
  for (size_t done = 0; done < content.size();) {
    const ssize_t n = write(file.get(), content.data() + done, content.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return WriteFailed(path);
    done += static_cast<size_t>(n);
  }
  if (fsync(file.get()) != 0) return WriteFailed(path);
  return {};
}

}  // namespace

Result<std::string> ReadFile(const std::string& path) {
  const Fd file(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!file) return FailErrno(errno, "open");
  std::string content;
  char buffer[64 * 1024];
  for (;;) {
    const ssize_t n = read(file.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return FailErrno(errno, "read");
    if (n == 0) return content;
    content.append(buffer, static_cast<size_t>(n));
    if (content.size() > kMost) return Fail("larger than 64 MiB; split it");
  }
}

Result<> WriteFile(const std::string& path, const std::string& content, mode_t mode) {
  if (Holds(path, content, mode)) return {};
  const size_t slash = path.rfind('/') + 1;
  const std::string fresh = path.substr(0, slash) + "." + path.substr(slash) + ".new";
  auto written = WriteAll(fresh, content, mode);
  if (written && rename(fresh.c_str(), path.c_str()) != 0)
    written = FailErrno(errno, "rename {} to {}", fresh, path);
  if (!written) unlink(fresh.c_str());
  return written;
}

bool Holds(const std::string& path, const std::string& content, mode_t mode) {
  struct stat info;
  if (lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
  const auto now = ReadFile(path);
  return (info.st_mode & 07777) == mode && now && *now == content;
}

Result<std::vector<std::string>> NamesIn(const std::string& folder) {
  const std::unique_ptr<DIR, CloseDir> dir(opendir(folder.c_str()));
  if (!dir) return FailErrno(errno, "read folder {}", folder);
  std::vector<std::string> names;
  for (errno = 0; const dirent* entry = readdir(dir.get()); errno = 0)
    if (const std::string name = entry->d_name; name != "." && name != "..") names.push_back(name);
  if (errno != 0) return FailErrno(errno, "read folder {}", folder);
  std::ranges::sort(names);
  return names;
}

bool Exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

}  // namespace kvs
