#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/net.h"

namespace kvs::controller {

// An address of a Node or of the API server, which no pod range may contain.
struct TakenAddress {
  Ip ip;
  std::string whose;  // "an address of Node/node1"
  bool in_use;        // it is a node's overlay address already
  bool api_server = false;
};

// Pod ranges, each with its node's name.
using NodeRanges = std::vector<std::pair<Prefix, std::string>>;

// Why a node can't have that range, with the remedy; empty if it can (other nodes' ranges are not
// checked). `addresses` are sorted. A range that the node has already is kept, even if a later Node
// or Service range conflicts with it, because its pods use it; it is refused only if it contains
// overlay addresses in use.
std::string WhyRefused(const Prefix& range, bool has_it, const std::vector<TakenAddress>& addresses,
                       const std::vector<Prefix>& services);

// Why a node can't have that overlay address, with the remedy; empty if it can (other nodes'
// addresses are not checked). `services`: empty if the node has the address already.
std::string WhyRefused(const Ip& ip, const NodeRanges& allocated,
                       const std::vector<Prefix>& services);

// Why these can't be the Services' ranges, or the ranges of all pods, with the remedy; empty if
// they can. `in_use` are the pods' ranges. Addresses are checked for new ranges only; the API
// server's is accepted if it is the Service `kubernetes`, the first address of the range.
std::string WhyNoServices(const std::vector<Prefix>& ranges, bool are_new,
                          const std::vector<TakenAddress>& addresses, const NodeRanges& in_use);
std::string WhyNotPods(const std::vector<Prefix>& ranges,
                       const std::vector<TakenAddress>& addresses);

}  // namespace kvs::controller
