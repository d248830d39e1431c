#pragma once

#include <string>
#include <string_view>
#include <vector>

// Parses the output of ovs-vswitchd's ofproto/trace (ovs-vswitchd(8)). It is text for people that
// differs slightly between versions: unknown lines are skipped.
namespace kvs::agent {

// A flow that the packet matched.
struct TraceStep {
  std::string table;                 // by name
  std::string flow;                  // "ip,nw_dst=10.244.2.0/24, priority 124"
  std::string cookie;                // "0x14911fc31a62fa4"; "" for a miss
  std::vector<std::string> actions;  // less the jumps from table to table
};

struct SwitchTrace {
  std::vector<TraceStep> steps;  // of bridge k-vswitch0
  std::string last_flow;         // the packet as it leaves: "tcp,in_port=16,dl_src=..."
  std::string tunnel_to;         // the address of the node it is sent to; "": none
  std::string tunnel_key;
  std::string output;  // the last port it is sent to: a number or LOCAL; "": none
};

SwitchTrace ParseTrace(std::string_view text);

}  // namespace kvs::agent
