#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

// Settings of interfaces that netlink does not have. All functions work in the namespace of the
// calling thread: use them inside Namespace::Run.
namespace kvs::netlink {

// As `ethtool -K NAME tx on|off` (ETHTOOL_STXCSUM): whether TCP and UDP checksums may be left to
// the device. It must be off on a pod's end when Open vSwitch runs in userspace, else every TCP
// connection stalls. Errors: ENODEV; EOPNOTSUPP if the kind of link does not have it.
Result<> SetTxChecksumOffload(std::string_view link, bool on);
Result<bool> TxChecksumOffload(std::string_view link);

// A kernel setting by its path below /proc/sys, such as "net/ipv4/ip_forward" or
// "net/ipv6/conf/eth0/accept_ra" (dots in link names need no escape). Reading removes the last line
// feed. An unchanged value is not written, because /proc/sys may be read-only. `proc_sys`: where
// the settings can be written, for a program in a container. Errors: ENOENT (no such setting or
// link; no IPv6), EROFS, EACCES.
Result<std::string> ReadSysctl(std::string_view path, std::string_view proc_sys = "/proc/sys");
Result<> WriteSysctl(std::string_view path, std::string_view value,
                     std::string_view proc_sys = "/proc/sys");

}  // namespace kvs::netlink
