#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <string>

#include "agent/switch_trace.h"
#include "base/net.h"
#include "base/result.h"
#include "pipeline/pipeline.h"
#include "world/world.h"

// Traces a packet through this node, with names: GET /v1/trace (api.h). No packet is sent: the
// switch computes the path, and the packet is assumed to be the first of its connection in
// conntrack.
namespace kvs::agent {

// The packet as it enters this node's switch.
struct TracedPacket {
  std::string entry;  // how: "from shop/web-1 by port kv95", "out of the tunnel from node1"
  Ip from, to;
  std::string protocol;  // "tcp", "udp" or "icmp"
  uint16_t port = 0;     // not for icmp
  std::string flow;      // as ofproto/trace takes it (ovs-fields(7))
};

// The query of a path's start:
//   from=NAMESPACE/POD, or from=node for the host itself; to=ADDRESS; protocol=tcp|udp|icmp; port=N
// The query of its continuation on another node, as the previous hop's "next" has it:
//   from=tunnel or from=route; source, to, protocol, port, source-mac, target-mac, ttl; and for
//   a tunnel: tunnel-source, tunnel-target, tunnel-key
// The Error names the field. `flow` contains only parsed values of the query, never its text.
Result<TracedPacket> ReadPacket(const std::map<std::string, std::string>& query,
                                const world::World& world, const pipeline::Pipeline& pipeline);

// {"node", "entry", "steps": [{"table", "flow", "cookie", "owner", "actions": [...]}],
//  "verdict": "into the tunnel to node2, 10.200.0.2",
//  "outcome": "delivered" (to a pod), "forwarded" (to a node), "host", "dropped" or "unknown",
//  "next": {"node", "packet"}}, whose "packet" is the query for that node; no "next" if the path
//  ends here.
boost::json::object HopOf(const TracedPacket& packet, const SwitchTrace& trace,
                          const world::World& world, const pipeline::Pipeline& pipeline);

}  // namespace kvs::agent
