#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "apply/frame/target.h"
#include "ovsdb/dpctl.h"
#include "ovsdb/unixctl.h"

// What all pods together can make the datapath remember is bounded here, through the control socket
// of ovs-vswitchd, which alone can set it. On the userspace datapath it is gone when ovs-vswitchd
// restarts; in the kernel it outlives that, and is lost with a reboot.
namespace kvs::apply {

// Connections of a conntrack zone of ours; what is above is dropped by the kernel's datapath, and
// goes on untracked in userspace, where its answers then are invalid and dropped.
struct ConntrackLimit {
  uint16_t zone = 0;
  uint64_t connections = 0;

  uint16_t id() const { return zone; }
  friend bool operator==(const ConntrackLimit&, const ConntrackLimit&) = default;
};

// For the zones that this build uses, equal shares of three quarters of the table (0: it has no
// bound, and neither have they): the last quarter is for who shares the table with us, that is, the
// host's own connections in the kernel, and other bridges of the switch in userspace. `uncounted`:
// connections that are there and count towards no limit. They take from the three quarters, of
// which an eighth of the table is left in any case.
std::vector<ConntrackLimit> ConntrackLimits(uint64_t table_size, uint64_t uncounted = 0);

// Of any build of ours: what another one has set is ours to take back.
bool IsOurZone(uint16_t zone);

class ConntrackLimitTarget final : public Target<ConntrackLimit> {
 public:
  // `datapath`: ours, as dpctl wants it named.
  ConntrackLimitTarget(ovsdb::Unixctl& vswitchd, std::function<std::string()> datapath)
      : vswitchd_(vswitchd), datapath_(std::move(datapath)) {}

  // Of our zones; others and the default belong to somebody else.
  void Dump(OnContents done) override;
  void Apply(const Deltas& deltas, OnOutcome done) override;

  // What the last dump has seen, with the connections that count.
  const std::vector<ovsdb::ZoneLimit>& seen() const { return seen_; }

 private:
  ovsdb::Unixctl& vswitchd_;
  const std::function<std::string()> datapath_;
  std::vector<ovsdb::ZoneLimit> seen_;
};

// Fragments that the userspace datapath keeps until the packet is whole, at most 15 s. The kernel
// has a bound of its own, in bytes, for the node as a whole (net.ipv4.ipfrag_high_thresh).
struct FragmentLimit {
  uint64_t fragments = 0;

  int id() const { return 0; }
  friend bool operator==(const FragmentLimit&, const FragmentLimit&) = default;
};
// The most that Open vSwitch takes, and what it begins with: 333 and 67 fragments a second that
// never become whole (lib/ipf.c: IPF_NFRAG_UPPER_BOUND, IPF_MAX_FRAGS_DEFAULT).
inline constexpr uint64_t kMostFragments = 5000;
inline constexpr uint64_t kDefaultFragments = 1000;

class FragmentLimitTarget final : public Target<FragmentLimit> {
 public:
  FragmentLimitTarget(ovsdb::Unixctl& vswitchd, std::function<std::string()> datapath)
      : vswitchd_(vswitchd), datapath_(std::move(datapath)) {}

  // Of the kernel's datapath: nothing.
  void Dump(OnContents done) override;
  // What is desired no longer becomes Open vSwitch's default.
  void Apply(const Deltas& deltas, OnOutcome done) override;

 private:
  ovsdb::Unixctl& vswitchd_;
  const std::function<std::string()> datapath_;
};

}  // namespace kvs::apply
