#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

// Settings of interfaces that are not made through netlink. All work in the namespace of the
// calling thread: use them inside Namespace::Run.
namespace kvs::netlink {

// As `ethtool -K NAME tx on|off` (ETHTOOL_STXCSUM): whether TCP and UDP checksums may be left to a
// device. Must be off on a pod's end when Open vSwitch runs in userspace, else every TCP connection
// stalls. Errors: ENODEV; EOPNOTSUPP for kinds of links without it.
Result<> SetTxChecksumOffload(std::string_view link, bool on);
Result<bool> TxChecksumOffload(std::string_view link);

// A kernel setting by its path below /proc/sys, as "net/ipv4/ip_forward" or
// "net/ipv6/conf/eth0/accept_ra" (dots of link names need no care). Reading drops the last line
// feed. A write of the value that is there already is not made: /proc/sys may be read-only.
// `proc_sys`: where it can be written, for who runs in a container.
// Errors: ENOENT (no such setting or link; no IPv6), EROFS, EACCES.
Result<std::string> ReadSysctl(std::string_view path, std::string_view proc_sys = "/proc/sys");
Result<> WriteSysctl(std::string_view path, std::string_view value,
                     std::string_view proc_sys = "/proc/sys");

}  // namespace kvs::netlink
