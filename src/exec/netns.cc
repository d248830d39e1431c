#include "exec/netns.h"

#include <sched.h>
#include <sys/mount.h>

#include <cerrno>

#include "base/file.h"
#include "netlink/interface.h"
#include "netlink/link.h"
#include "netlink/namespace.h"
#include "netlink/socket.h"

namespace kvs::exec {

using netlink::Namespace;

Result<> MakeNetns(const std::string& name) {
  auto made = Namespace::Create(name);
  if (!made) return Wrap("make namespace " + name, made.error());
  return made->Run([]() -> Result<> {
    // Both: "all" is looked at together with the link's own setting, "default" is copied to links.
    for (const char* path : {"net/ipv6/conf/all/accept_dad", "net/ipv6/conf/default/accept_dad"}) {
      if (auto written = netlink::WriteSysctl(path, "0"); !written) return written;
    }
    auto socket = netlink::Socket::Open();
    if (!socket) return tl::unexpected<Error>(socket.error());
    return (*socket)->Do(netlink::SetLink("lo", {.up = true}));
  });
}

Result<> RemoveNetns(const std::string& name) {
  return Namespace::Exists(name) ? Namespace::Delete(name) : Result<>();
}

Result<> MountSysfs() {
  if (unshare(CLONE_NEWNS) < 0) return FailErrno(errno, "make a mount namespace");
  // What is unmounted elsewhere from now on goes here too, so that no deleted namespace stays.
  if (mount("", "/", "none", MS_SLAVE | MS_REC, nullptr) < 0)
    return FailErrno(errno, "make / a slave mount");
  if (mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) < 0)
    return FailErrno(errno, "mount /sys");
  return {};
}

std::vector<std::string> NetnsWithPrefix(const std::string& prefix) {
  auto names = NamesIn("/run/netns").value_or(std::vector<std::string>());
  std::erase_if(names, [&](const std::string& name) { return !name.starts_with(prefix); });
  return names;
}

}  // namespace kvs::exec
