#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "ovsdb/unixctl.h"

namespace kvs::feed {

// The datapath's connection table: its size and its number of connections. The kernel's is shared
// with the host, and its size is a setting that other programs may change (Linux,
// Documentation/networking/nf_conntrack-sysctl.rst); the userspace datapath's belongs to
// ovs-vswitchd (dpctl(8), ct-get-maxconns). There are no notifications of changes, so it is polled.
class ConntrackTable {
 public:
  // `proc_sys`: where the kernel's settings are. `on_change`: called when the size or failure()
  // changes.
  ConntrackTable(ovsdb::Unixctl& vswitchd, std::string proc_sys, std::function<void()> on_change)
      : vswitchd_(vswitchd), proc_sys_(std::move(proc_sys)), on_change_(std::move(on_change)) {}

  // Reads the values of the userspace datapath (`netdev`) or of the kernel's, unless it is reading
  // already.
  void Look(bool netdev);

  // The result of the last Look(); nullopt: not known yet. 0: unlimited.
  std::optional<uint64_t> size() const { return size_; }
  uint64_t used() const { return used_; }
  // Whether more than half of the table is in use; false again below 40 %.
  bool crowded() const { return crowded_; }
  // Why the last Look() failed; "": it didn't.
  const std::string& failure() const { return failure_; }

 private:
  void Saw(const Result<uint64_t>& size, const Result<uint64_t>& used);

  ovsdb::Unixctl& vswitchd_;
  const std::string proc_sys_;
  const std::function<void()> on_change_;
  std::optional<uint64_t> size_;
  uint64_t used_ = 0;
  bool crowded_ = false;
  std::string failure_;
  bool looking_ = false;
};

}  // namespace kvs::feed
