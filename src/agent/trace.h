#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <string>

#include "agent/switch_trace.h"
#include "base/net.h"
#include "base/result.h"
#include "pipeline/pipeline.h"
#include "world/world.h"

// Where does this packet go? One node's part of the answer, with names: GET /v1/trace (api.h). No
// packet is sent; the switch itself is asked, and conntrack is asked to take the packet for the
// first of a connection.
namespace kvs::agent {

// The packet as it enters the switch of this node.
struct TracedPacket {
  std::string entry;  // how: "from shop/web-1 by port kv95", "out of the tunnel from node1"
  Ip from, to;
  std::string protocol;  // "tcp", "udp" or "icmp"
  uint16_t port = 0;     // not for icmp
  std::string flow;      // as ofproto/trace takes it (ovs-fields(7))
};

// The query of a path's start:
//   from=NAMESPACE/POD, or from=node for the host itself; to=ADDRESS; protocol=tcp|udp|icmp; port=N
// Of its continuation on another node, as the hop before gave it in "next":
//   from=tunnel or from=route; source, to, protocol, port, source-mac, target-mac, ttl; and of the
//   tunnel tunnel-source, tunnel-target, tunnel-key
// The Error names the field. Nothing of the query gets into `flow` but as a value that was parsed.
Result<TracedPacket> ReadPacket(const std::map<std::string, std::string>& query,
                                const world::World& world, const pipeline::Pipeline& pipeline);

// {"node", "entry", "steps": [{"table", "flow", "cookie", "owner", "actions": [...]}],
//  "verdict": "into the tunnel to node2, 10.200.0.2",
//  "outcome": "delivered" (to a pod), "forwarded" (to a node), "host", "dropped" or "unknown",
//  "next": {"node", "packet"}}, whose "packet" is the query for that node; none where it ends here.
boost::json::object HopOf(const TracedPacket& packet, const SwitchTrace& trace,
                          const world::World& world, const pipeline::Pipeline& pipeline);

}  // namespace kvs::agent
