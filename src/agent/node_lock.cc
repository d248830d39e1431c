#include "agent/node_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <thread>

namespace kvs::agent {

Result<std::unique_ptr<NodeLock>> NodeLock::Take(const std::string& path,
                                                 std::chrono::milliseconds timeout) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0 && errno == ELOOP)
    return Fail("{} is a symbolic link, which k-vswitch does not follow; remove it", path);
  if (fd < 0) return FailErrno(errno, "open {}", path);
  std::unique_ptr<NodeLock> lock(new NodeLock(fd));
  const auto end = std::chrono::steady_clock::now() + timeout;
  bool held;
  while (!(held = flock(fd, LOCK_EX | LOCK_NB) == 0) && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  if (held) {
    const std::string pid = std::to_string(getpid()) + "\n";
    if (ftruncate(fd, 0) != 0 || write(fd, pid.data(), pid.size()) < 0)
      return FailErrno(errno, "write {}", path);
    return lock;
  }
  char pid[16] = {};
  if (read(fd, pid, sizeof pid - 1) < 0) pid[0] = '\0';
  return Fail("another k-vswitchd (pid {}) holds {}; only one may run on a node", std::atoi(pid),
              path);
}

NodeLock::~NodeLock() { close(fd_); }

}  // namespace kvs::agent
