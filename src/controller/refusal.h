#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/net.h"

namespace kvs::controller {

// An address of a Node or of the API server: one that no range for pods may hold.
struct TakenAddress {
  Ip ip;
  std::string whose;  // "an address of Node/node1"
  bool in_use;        // a node's overlay address already
  bool api_server = false;
};

// Ranges of pods, each with its node's name.
using NodeRanges = std::vector<std::pair<Prefix, std::string>>;

// Why a node can't have that range, with the remedy; empty: it can, if no other node has it.
// `addresses` are in the order of the addresses. A range that the node has already stays, whatever
// Node or Service range comes later: its pods are there; only where nodes' overlay addresses in use
// lie in it, it is none.
std::string WhyRefused(const Prefix& range, bool has_it, const std::vector<TakenAddress>& addresses,
                       const std::vector<Prefix>& services);

// Why a node can't have that overlay address, with the remedy; empty: it can, if no other has it.
// `services`: none where the node has it already.
std::string WhyRefused(const Ip& ip, const NodeRanges& allocated,
                       const std::vector<Prefix>& services);

// Why these can't be the Services' ranges, or all pods', with the remedy; empty: they can. `in_use`
// are pods' ranges. An address is in the way of new ranges only; the API server's is not where the
// Service `kubernetes` has its own, the first of the range.
std::string WhyNoServices(const std::vector<Prefix>& ranges, bool are_new,
                          const std::vector<TakenAddress>& addresses, const NodeRanges& in_use);
std::string WhyNotPods(const std::vector<Prefix>& ranges,
                       const std::vector<TakenAddress>& addresses);

}  // namespace kvs::controller
