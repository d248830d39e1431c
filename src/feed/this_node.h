#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/problem.h"
#include "feed/judge.h"
#include "feed/link_feed.h"
#include "feed/node_feed.h"
#include "ovsdb/schema.h"
#include "world/world.h"

namespace kvs::feed {

// The addresses at which this node is reached (those of devices, and of links with an overlay
// address) and its default gateways. Addresses of other links are pods', Services' or plugins'.
std::vector<Judge::Taken> NodeAddresses(const LinkFeed& links, const std::vector<Ip>& overlay_ips);

// The network of the node's own links that contains `ip`, as "10.200.0.0/24 of link eth0"; "" if
// none does.
std::string NetworkOf(const Ip& ip, const LinkFeed& links, const std::vector<Ip>& overlay_ips);

// What is known about this node.
struct ThisNode {
  world::Self self;
  world::Datapath datapath;
  world::ClusterRanges cluster;
  std::vector<world::NodeAddress> addresses;

  void PutInto(world::World& world) &&;
};

// Reads what is known about this node. nullopt until its configuration and its bridge exist, and
// while another network plugin serves its pods, since our routes would cut them off; if we are
// `serving` already, its remains are a problem only. What is wrong is added to `problems`.
// `switch_sources`: the addresses from which the userspace datapath can send (switch_routes.h);
// unused with the kernel's datapath.
std::optional<ThisNode> ReadThisNode(const std::string& node, const NodeFeed& nodes,
                                     const LinkFeed& links, const ovsdb::Replica& switch_,
                                     const std::set<Ip>& switch_sources, bool serving,
                                     std::vector<Problem>& problems);

// What should be recorded beside the bridge (pipeline/mark_layout.h): the layouts that are there,
// and this build's as the last.
std::vector<world::MarkLayout> MarkLayouts(const ovsdb::Replica& switch_);

}  // namespace kvs::feed
