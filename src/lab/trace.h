#pragma once

#include <string>
#include <vector>

#include "lab/lab.h"

// The path of one packet through the tables of every node it crosses, told by the switches
// themselves (ofproto/trace, ovs-vswitchd(8)) and printed with names.
namespace kvs::lab {

struct TraceRequest {
  std::string from;  // a pod's name
  std::string to;    // a place's name or an address
  Protocol protocol = Protocol::kTcp;
  uint16_t port = kEchoPort;
  bool ipv6 = false;  // which family of `to`, if it is a name
};

struct Hop {
  std::string node;
  std::string text;     // what the switch said, with names
  std::string verdict;  // "to port kv3", "to tunnel 10.200.0.2", "to the host", "dropped"
};

Result<std::vector<Hop>> Trace(const Lab& lab, const TraceRequest& request);
std::string ToText(const std::vector<Hop>& hops);

}  // namespace kvs::lab
