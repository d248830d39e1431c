#pragma once

#include <string>
#include <vector>

#include "base/problem.h"
#include "feed/link_feed.h"
#include "feed/node_feed.h"
#include "world/world.h"

// The way of this node's packets to the other nodes, through the network below the overlay: whether
// there is one, and what it leaves to pods. `node` is this node's name, and is accepted by `nodes`.
namespace kvs::feed {

// Bytes that a tunnel adds to each packet of a pod, outer IP header included; the pods' MTU is that
// much smaller.
int OverheadOf(world::Overlay overlay, Family outer);

// The pods' MTU, bytes: that of the narrowest route to the other nodes, less the overhead; 0 if it
// is not known (yet).
int PodMtu(const std::string& node, world::Overlay overlay, const NodeFeed& nodes,
           const LinkFeed& links, std::vector<Problem>& problems);

// Pods keep the MTU that they were attached with, also when the underlay's becomes smaller. `mtu`:
// of new pods; 0: not known.
void ReportLargerPods(const std::string& object, int mtu, const LinkFeed& links,
                      std::vector<Problem>& problems);

// Other nodes to which the kernel has no route.
void ReportUnreachableNodes(const std::string& node, const NodeFeed& nodes, const LinkFeed& links,
                            std::vector<Problem>& problems);

}  // namespace kvs::feed
