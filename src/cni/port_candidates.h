#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cni/allocation.h"
#include "cni/call.h"

// Where an ADD can attach its pod: candidates are tried one after another until both the kernel and
// OVSDB accept the port's name.
namespace kvs::cni {

struct PortCandidate {
  std::string port;  // the name of port, interface and link
  std::vector<Ip> ips;
  std::optional<int64_t> ofport;
};

class PortCandidates {
 public:
  // `ranges`: the node's. `ports`: the names of all existing ports. `delegated`: the addresses from
  // an IPAM plugin, possibly with duplicates; empty: our own allocation. `call` must outlive this.
  PortCandidates(const Call& call, std::vector<Prefix> ranges,
                 const std::vector<std::string>& ports, const std::vector<Ip>& delegated);

  // The next candidate. Fails with kAddressTaken if a requested address is another pod's, with
  // kTryLater if the range is used up, with kBadConfig if the requested addresses are impossible.
  Outcome<PortCandidate> Next();

  // The candidate of the last Next() turned out to be used already.
  void Taken() { tried_.insert(last_); }

  // Whether a link with that name that is about to be deleted should be deleted at once: if the
  // address was requested, or if no other is free.
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
