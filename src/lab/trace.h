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

// A flow that the packet met.
struct TraceStep {
  std::string table;                 // by name
  std::string flow;                  // "ip,nw_dst=10.244.2.0/24, priority 124"
  std::string cookie;                // "0x14911fc31a62fa4"; "" for a miss
  std::string owner;                 // "route of Node/node2": for who can ask the agent to fill in
  std::vector<std::string> actions;  // less the jumps from table to table
};

// What one switch does with the packet.
struct Hop {
  std::string node;
  std::string entry;  // "from shop/web-1 by port kv95", "out of the tunnel from node1"
  std::vector<TraceStep> steps;
  std::string verdict;  // "to shop/web-2 by port kv3", "into the tunnel to node2", "dropped"
};

Result<std::vector<Hop>> Trace(const Lab& lab, const TraceRequest& request);
std::string ToText(const std::vector<Hop>& hops);

// What ofproto/trace said, taken apart.
struct SwitchTrace {
  std::vector<TraceStep> steps;  // of bridge k-vswitch0
  std::string last_flow;         // the packet as it leaves: "tcp,in_port=16,dl_src=..."
  std::string tunnel_to;         // the address of the node it is sent to; "": none
  std::string tunnel_key;
  std::string output;  // the last port it is sent to: a number or LOCAL; "": none
};
SwitchTrace ParseTrace(std::string_view text);

}  // namespace kvs::lab
