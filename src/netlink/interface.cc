#include "netlink/interface.h"

#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/fd.h"

namespace kvs::netlink {
namespace {

Result<> Ethtool(std::string_view link, ethtool_value& value) {
  ifreq request{};
  if (link.empty() || link.size() >= sizeof request.ifr_name)
    return FailErrno(ENODEV, "checksum offload of link '{}'", link);
  std::copy(link.begin(), link.end(), request.ifr_name);
  request.ifr_data = reinterpret_cast<char*>(&value);
  const Fd any(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!any || ioctl(any.get(), SIOCETHTOOL, &request) < 0)
    return FailErrno(errno, "checksum offload of link {}", link);
  return {};
}

// A user may name a link, and the name must not lead out of /proc/sys.
Result<Fd> OpenSysctl(std::string_view proc_sys, std::string_view path, int mode) {
  const std::string full = fmt::format("{}/{}", proc_sys, path);
  if (full.find("/../") != full.npos) return FailErrno(EINVAL, "setting {}", path);
  Fd fd(open(full.c_str(), mode | O_CLOEXEC));
  if (!fd) return FailErrno(errno, "open {}", full);
  return fd;
}

}  // namespace

Result<> SetTxChecksumOffload(std::string_view link, bool on) {
  ethtool_value value{.cmd = ETHTOOL_STXCSUM, .data = on};
  return Ethtool(link, value);
}

Result<bool> TxChecksumOffload(std::string_view link) {
  ethtool_value value{.cmd = ETHTOOL_GTXCSUM};
  if (auto asked = Ethtool(link, value); !asked) return tl::unexpected<Error>(asked.error());
  return value.data != 0;
}

Result<std::string> ReadSysctl(std::string_view path, std::string_view proc_sys) {
  auto fd = OpenSysctl(proc_sys, path, O_RDONLY);
  if (!fd) return tl::unexpected<Error>(fd.error());
  std::string value(4096, '\0');
  const ssize_t size = read(fd->get(), value.data(), value.size());
  if (size < 0) return FailErrno(errno, "read {}/{}", proc_sys, path);
  value.resize(static_cast<size_t>(size));
  if (value.ends_with('\n')) value.pop_back();
  return value;
}

Result<> WriteSysctl(std::string_view path, std::string_view value, std::string_view proc_sys) {
  if (const auto now = ReadSysctl(path, proc_sys); now && *now == value) return {};
  auto fd = OpenSysctl(proc_sys, path, O_WRONLY);
  if (!fd) return tl::unexpected<Error>(fd.error());
  if (write(fd->get(), value.data(), value.size()) != static_cast<ssize_t>(value.size()))
    return FailErrno(errno, "write '{}' to {}/{}", value, proc_sys, path);
  return {};
}

}  // namespace kvs::netlink
