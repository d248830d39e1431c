#pragma once

#include <string>
#include <vector>

#include "base/net.h"
#include "base/result.h"
#include "lab/machine/state.h"

// The wires of a lab: a Linux bridge in the namespace "underlay", and on it the host "outside",
// which is no node of the cluster. It is also the nodes' default router, and a network that only
// it knows is behind it.
namespace kvs::lab {

struct Underlay {
  static constexpr uint32_t kMtu = 1500;
  // Of the host outside, on the underlay.
  static const std::vector<Ip>& Router();
  // Of the host outside, beyond the underlay: what a pod that talks to the world talks to.
  static const std::vector<Ip>& World();
  // Prefix lengths of the underlay's addresses.
  static int Length(const Ip& ip) { return ip.is4() ? 24 : 64; }
};

Result<> MakeUnderlay(const State& state);
Result<> MakeOutside(const State& state);

// A cable from the underlay's bridge to a NIC `nic` born in `netns`, with checksum offload off (a
// userspace switch drops unfinished checksums).
Result<> Plug(const State& state, const std::string& netns, const std::string& nic);
Result<> Unplug(const State& state, const std::string& netns);

}  // namespace kvs::lab
