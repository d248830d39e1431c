#pragma once

#include <string>
#include <vector>

#include "base/net.h"
#include "base/result.h"
#include "lab/machine/state.h"

// The links of a lab: a Linux bridge in the namespace "underlay", and on it the host "outside",
// which is not a node of the cluster. It is also the nodes' default router, and it has a network
// behind it that only it knows.
namespace kvs::lab {

struct Underlay {
  static constexpr uint32_t kMtu = 1500;
  // Addresses of the host outside, on the underlay.
  static const std::vector<Ip>& Router();
  // Addresses of the host outside, beyond the underlay: destinations of pods' traffic to the world.
  static const std::vector<Ip>& World();
  // Prefix lengths of the underlay's addresses.
  static int Length(const Ip& ip) { return ip.is4() ? 24 : 64; }
};

Result<> MakeUnderlay(const State& state);
Result<> MakeOutside(const State& state);

// A veth pair between the underlay's bridge and a NIC `nic` created in `netns`, with checksum
// offload off (a userspace switch drops packets with partial checksums).
Result<> Plug(const State& state, const std::string& netns, const std::string& nic);
Result<> Unplug(const State& state, const std::string& netns);

}  // namespace kvs::lab
