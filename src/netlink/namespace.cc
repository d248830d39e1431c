#include "netlink/namespace.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace kvs::netlink {
namespace {

constexpr const char* kDirectory = "/run/netns";
constexpr const char* kOwn = "/proc/thread-self/ns/net";

Result<> CheckName(std::string_view name) {
  if (name.empty() || name == "." || name == ".." || name.find('/') != name.npos)
    return FailErrno(EINVAL, "network namespace name '{}'", name);
  return {};
}

// The folder of names is a shared mount, so that names created here are visible in every mount
// namespace and can be deleted from each.
Result<> PrepareDirectory() {
  if (mkdir(kDirectory, 0755) < 0 && errno != EEXIST)
    return FailErrno(errno, "make {}", kDirectory);
  const Fd lock(open(kDirectory, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock || flock(lock.get(), LOCK_EX) < 0) return FailErrno(errno, "lock {}", kDirectory);
  if (mount("", kDirectory, "none", MS_SHARED | MS_REC, nullptr) == 0) return {};
  if (errno != EINVAL) return FailErrno(errno, "share mount {}", kDirectory);
  if (mount(kDirectory, kDirectory, "none", MS_BIND | MS_REC, nullptr) < 0 ||
      mount("", kDirectory, "none", MS_SHARED | MS_REC, nullptr) < 0)
    return FailErrno(errno, "share mount {}", kDirectory);
  return {};
}

}  // namespace

std::string Namespace::Path(std::string_view name) {
  return fmt::format("{}/{}", kDirectory, name);
}

Result<Namespace> Namespace::Open(const std::string& path) {
  // Opening the path must not block: a FIFO may have no writer.
  Fd fd(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd) return FailErrno(errno, "open network namespace {}", path);
  if (ioctl(fd.get(), NS_GET_NSTYPE) != CLONE_NEWNET)
    return FailErrno(EINVAL, "{} is not a network namespace", path);
  return Namespace(std::move(fd));
}

Result<Namespace> Namespace::Current() { return Open(kOwn); }

Result<Namespace> Namespace::Create(std::string_view name) {
  if (auto checked = CheckName(name); !checked) return tl::unexpected<Error>(checked.error());
  if (auto ready = PrepareDirectory(); !ready) return tl::unexpected<Error>(ready.error());
  const std::string path = Path(name);
  if (const Fd file(open(path.c_str(), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0)); !file)
    return FailErrno(errno, "create network namespace {}", name);
  auto made = [&]() -> Result<Namespace> {
    Fd home(open(kOwn, O_RDONLY | O_CLOEXEC));
    if (!home) return FailErrno(errno, "open {}", kOwn);
    if (unshare(CLONE_NEWNET) < 0) return FailErrno(errno, "create network namespace {}", name);
    const Visit visit(std::move(home));
    if (mount(kOwn, path.c_str(), "none", MS_BIND, nullptr) < 0)
      return FailErrno(errno, "mount {}", path);
    return Open(path);
  }();
  if (!made) unlink(path.c_str());
  return made;
}

Result<> Namespace::Delete(std::string_view name) {
  if (auto checked = CheckName(name); !checked) return checked;
  const std::string path = Path(name);
  // EINVAL: a name without a mount, left by a crash between the two steps.
  if (umount2(path.c_str(), MNT_DETACH) < 0 && errno != EINVAL)
    return FailErrno(errno, "delete network namespace {}", name);
  if (unlink(path.c_str()) < 0) return FailErrno(errno, "delete network namespace {}", name);
  return {};
}

bool Namespace::Exists(std::string_view name) {
  return CheckName(name) && Open(Path(name)).has_value();
}

Result<Namespace::Visit> Namespace::Enter() const {
  Fd home(open(kOwn, O_RDONLY | O_CLOEXEC));
  if (!home) return FailErrno(errno, "open {}", kOwn);
  if (setns(fd_.get(), CLONE_NEWNET) < 0) return FailErrno(errno, "enter network namespace");
  return Visit(std::move(home));
}

Namespace::Visit::~Visit() {
  if (!home_ || setns(home_.get(), CLONE_NEWNET) == 0) return;
  std::perror("cannot return from a network namespace");
  std::abort();
}

bool operator==(const Namespace& a, const Namespace& b) {
  struct stat first {
  }, second{};
  return fstat(a.fd(), &first) == 0 && fstat(b.fd(), &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

}  // namespace kvs::netlink
