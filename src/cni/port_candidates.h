#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cni/allocation.h"
#include "cni/call.h"

// Where an ADD may attach its pod: candidates are tried one after another until the kernel and
// OVSDB both take the port's name.
namespace kvs::cni {

struct PortCandidate {
  std::string port;  // the name of port, interface and link
  std::vector<Ip> ips;
  std::optional<int64_t> ofport;
};

class PortCandidates {
 public:
  // `ranges`: the node's. `ports`: the names of all ports there are. `delegated`: the addresses
  // that an IPAM plugin gave, maybe one twice; empty: our own. `call` must outlive it.
  PortCandidates(const Call& call, std::vector<Prefix> ranges,
                 const std::vector<std::string>& ports, const std::vector<Ip>& delegated);

  // The next one to try. Fails with kAddressTaken if an address that was asked for is another
  // pod's, with kTryLater if the range is used up, with kBadConfig for what cannot be asked for.
  Outcome<PortCandidate> Next();

  // The one that Next() gave turned out to be somebody else's.
  void Taken() { tried_.insert(last_); }

  // Whether that one is wanted so much that a link which is about to be deleted shall go at once:
  // if the address was asked for, or if no other is free.
  bool insists() const { return nothing_else_ || !delegated_.empty() || !call_.conf.ips.empty(); }

 private:
  Outcome<PortCandidate> Delegated();
  Outcome<PortCandidate> Requested(const AddressPool& pool);
  PortCandidate At(const AddressPool& pool, uint64_t index);

  const Call& call_;
  std::vector<Prefix> ranges_;
  std::set<uint64_t> ports_, tried_;  // indices
  std::vector<Ip> delegated_;
  uint64_t last_ = 0;
  bool nothing_else_ = false;
};

}  // namespace kvs::cni
