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
// (both families have the same one), the pod's port has the index in its name, and both the kernel
// and OVSDB keep names unique. So the pod whose link is "kv1f" owns index 0x1f until the link is
// deleted.
namespace kvs::cni {

class AddressPool {
 public:
  // `ranges`: at most one per family. Fails with kTryLater (the agent will write them) if there is
  // none, or if it has no room for a pod.
  static Outcome<AddressPool> Over(const std::vector<Prefix>& ranges);

  // Pods have the indices first() <= i < end(). 0 is the network, 1 the gateway, 2 the node's SNAT
  // address; the last address of an IPv4 range is the broadcast address. At most kMostPods are
  // used.
  uint64_t first() const { return 3; }
  uint64_t end() const { return end_; }

  // A free index. The search starts at an index hashed from `owner` and wraps around, so that
  // parallel calls rarely compete, and an address is rarely used again soon. nullopt: none is free.
  std::optional<uint64_t> Pick(std::string_view owner, const std::set<uint64_t>& taken) const;

  // The addresses at `index`, one per range, in the ranges' order.
  std::vector<Ip> At(uint64_t index) const;

  // The index of `ips`. kBadConfig if one of them is outside the ranges or not for pods, or if
  // their indices differ.
  Outcome<uint64_t> IndexOf(const std::vector<Ip>& ips) const;

  std::string ToString() const { return Join(ranges_); }

 private:
  std::vector<Prefix> ranges_;
  uint64_t end_ = 0;
};

inline constexpr uint64_t kMostPods = 65536;

// 0a:58 and the IPv4 address, or four bytes of a hash of the IPv6 address. `ips` must not be empty.
Mac MacOf(const std::vector<Ip>& ips);

}  // namespace kvs::cni
