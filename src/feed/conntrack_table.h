#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "ovsdb/unixctl.h"

namespace kvs::feed {

// The table in which the datapath remembers connections: how many it holds at most, and holds. The
// kernel's is shared with the host, and its size is a setting that anybody may change (Linux,
// Documentation/networking/nf_conntrack-sysctl.rst); the userspace datapath's belongs to
// ovs-vswitchd (dpctl(8), ct-get-maxconns). Neither tells of changes: it is looked at.
class ConntrackTable {
 public:
  // `proc_sys`: where the kernel's settings are. `on_change`: of the size, of what Look() fails by.
  ConntrackTable(ovsdb::Unixctl& vswitchd, std::string proc_sys, std::function<void()> on_change)
      : vswitchd_(vswitchd), proc_sys_(std::move(proc_sys)), on_change_(std::move(on_change)) {}

  // Of the userspace datapath (`netdev`) or the kernel's. Unless it is looking.
  void Look(bool netdev);

  // As of the last look; nullopt: not known yet. 0: there is no bound.
  std::optional<uint64_t> size() const { return size_; }
  uint64_t used() const { return used_; }
  // More than half of it is in use, or was, and it is not below 40 % since.
  bool crowded() const { return crowded_; }
  // Why the last look saw nothing; "": it did.
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
