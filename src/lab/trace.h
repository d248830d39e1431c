#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/net.h"
#include "lab/lab.h"

// The path of one packet through the tables of every node it crosses, told by the switches
// themselves (ofproto/trace, ovs-vswitchd(8)) and printed with names. No packet is sent; conntrack
// is asked to take it for the first of a connection.
namespace kvs::lab {

struct TraceRequest {
  std::string from;  // a pod
  Ip to;
  Protocol protocol = Protocol::kTcp;
  uint16_t port = kEchoPort;
};

// What one switch does with the packet.
struct Hop {
  std::string node;
  std::vector<std::string> lines;  // tables, flows and actions, tables by name
  std::string verdict;  // "to shop/web-1", "to node2 by tunnel", "to the host", "dropped"
};

Result<std::vector<Hop>> Trace(const Lab& lab, const TraceRequest& request);
std::string ToText(const std::vector<Hop>& hops);

// What ofproto/trace said, taken apart.
struct SwitchTrace {
  std::vector<std::string> lines;  // for people: of bridge k-vswitch0, tables by name
  std::string last_flow;           // the packet as it leaves: "tcp,in_port=16,dl_src=..."
  std::string tunnel_to;           // the address of the node it is sent to; "": none
  std::string output;              // the last port it is sent to: a number or LOCAL; "": none
};
SwitchTrace ParseTrace(std::string_view text);

}  // namespace kvs::lab
