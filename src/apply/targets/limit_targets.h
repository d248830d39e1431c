#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "apply/frame/target.h"
#include "ovsdb/dpctl.h"
#include "ovsdb/unixctl.h"

// Limits what all pods together can store in the datapath, by the control socket of ovs-vswitchd
// (there is no other interface). With the userspace datapath limits are lost when ovs-vswitchd
// restarts; in the kernel they are kept until a reboot.
namespace kvs::apply {

// Limit of connections in one of our conntrack zones. The kernel's datapath drops packets of
// connections above it; the userspace datapath lets them pass untracked, and then drops the answers
// as invalid.
struct ConntrackLimit {
  uint16_t zone = 0;
  uint64_t connections = 0;

  uint16_t id() const { return zone; }
  friend bool operator==(const ConntrackLimit&, const ConntrackLimit&) = default;
};

// Limits for the zones of this build: equal shares of three quarters of the table (0: unlimited,
// and so are the zones). The last quarter is for other users of the table: the host's own
// connections in the kernel, other bridges of the switch in userspace. `uncounted`: existing
// connections that count towards no limit; they reduce the three quarters, to not less than an
// eighth of the table.
std::vector<ConntrackLimit> ConntrackLimits(uint64_t table_size, uint64_t uncounted = 0);

// Whether any build of k-vswitch uses the zone: limits of other builds are removed.
bool IsOurZone(uint16_t zone);

class ConntrackLimitTarget final : public Target<ConntrackLimit> {
 public:
  // `datapath`: ours, as dpctl names it.
  ConntrackLimitTarget(ovsdb::Unixctl& vswitchd, std::function<std::string()> datapath)
      : vswitchd_(vswitchd), datapath_(std::move(datapath)) {}

  // The limits of our zones; other zones and the default are not ours.
  void Dump(OnContents done) override;
  void Apply(const Deltas& deltas, OnOutcome done) override;

  // The result of the last dump, with the connections that count.
  const std::vector<ovsdb::ZoneLimit>& seen() const { return seen_; }

 private:
  ovsdb::Unixctl& vswitchd_;
  const std::function<std::string()> datapath_;
  std::vector<ovsdb::ZoneLimit> seen_;
};

// How many fragments the userspace datapath keeps until the packet is complete, at most 15 s. The
// kernel has a limit of its own, in bytes, for the whole node (net.ipv4.ipfrag_high_thresh).
struct FragmentLimit {
  uint64_t fragments = 0;

  int id() const { return 0; }
  friend bool operator==(const FragmentLimit&, const FragmentLimit&) = default;
};
// The maximum of Open vSwitch, and its default: they bear 333 and 67 fragments per second of
// packets that never become complete (lib/ipf.c: IPF_NFRAG_UPPER_BOUND, IPF_MAX_FRAGS_DEFAULT).
inline constexpr uint64_t kMostFragments = 5000;
inline constexpr uint64_t kDefaultFragments = 1000;

class FragmentLimitTarget final : public Target<FragmentLimit> {
 public:
  FragmentLimitTarget(ovsdb::Unixctl& vswitchd, std::function<std::string()> datapath)
      : vswitchd_(vswitchd), datapath_(std::move(datapath)) {}

  // Empty for the kernel's datapath.
  void Dump(OnContents done) override;
  // An item that is no longer desired is set to Open vSwitch's default.
  void Apply(const Deltas& deltas, OnOutcome done) override;

 private:
  ovsdb::Unixctl& vswitchd_;
  const std::function<std::string()> datapath_;
};

}  // namespace kvs::apply
