#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/net.h"
#include "cni/failure.h"

// Which address a pod gets. There are no leases: an address is its index in the node's pod ranges
// (both families share it), the index is in the name of the pod's port, and the kernel and OVSDB
// both keep names unique. So whoever has made the link "kv1f" owns index 0x1f until it is gone.
namespace kvs::cni {

class AddressPool {
 public:
  // `ranges`: at most one per family. Fails with kTryLater (the agent writes them) if there is none
  // or no room for a pod.
  static Outcome<AddressPool> Over(const std::vector<Prefix>& ranges);

  // Indices of pods are first() <= i < end(). 0 is the network, 1 the gateway, 2 the node's SNAT
  // address; the last of an IPv4 range is the broadcast address. At most kMostPods are used.
  uint64_t first() const { return 3; }
  uint64_t end() const { return end_; }

  // A free index: the search starts at a place hashed from `owner` and goes round, so that parallel
  // calls seldom meet and an address just freed is seldom the next one given. nullopt: none free.
  std::optional<uint64_t> Pick(std::string_view owner, const std::set<uint64_t>& taken) const;

  // The addresses at `index`, one per range, in their order.
  std::vector<Ip> At(uint64_t index) const;

  // The index that `ips` ask for. kBadConfig if one is outside the ranges or no pod's, or if two
  // are not at the same index.
  Outcome<uint64_t> IndexOf(const std::vector<Ip>& ips) const;

  std::string ToString() const { return Join(ranges_); }

 private:
  std::vector<Prefix> ranges_;
  uint64_t end_ = 0;
};

inline constexpr uint64_t kMostPods = 65536;

// 0a:58 and the IPv4 address, or four bytes of a hash of the IPv6 address. `ips` is not empty.
Mac MacOf(const std::vector<Ip>& ips);

}  // namespace kvs::cni
