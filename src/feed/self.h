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

// The addresses by which this node is reached, and its gateways': those of devices and of links
// with an overlay address. What stands on other links is of pods, Services or other plugins.
std::vector<Judge::Taken> NodeAddresses(const LinkFeed& links, const std::vector<Ip>& overlay_ips);

// The network of one of the node's own links that `ip` is of, as "10.200.0.0/24 of link eth0"; ""
// if it is of none.
std::string NetworkOf(const Ip& ip, const LinkFeed& links, const std::vector<Ip>& overlay_ips);

// What is known about this node.
struct ThisNode {
  world::Self self;
  world::Datapath datapath;
  world::ClusterRanges cluster;
  std::vector<world::NodeAddress> addresses;

  void PutInto(world::World& world) &&;
};

// Everything that is known about this node. nullopt until its configuration and its
// bridge are there, and while another network plugin serves its pods: routes of ours would cut them
// off. Where we are `serving` already, what is left of one is a problem only. What is wrong is
// added to `problems`. `switch_sources`: the addresses from which the userspace datapath can send
// (switch_routes.h); unused where there is the kernel's.
std::optional<ThisNode> ReadThisNode(const std::string& node, const NodeFeed& nodes,
                                     const LinkFeed& links, const ovsdb::Replica& switch_,
                                     const std::set<Ip>& switch_sources, bool serving,
                                     std::vector<Problem>& problems);

// What should be recorded beside the bridge (pipeline/mark_layout.h): what is, with the layout of
// this build as the last.
std::vector<world::MarkLayout> MarkLayouts(const ovsdb::Replica& switch_);

// Bytes that a tunnel adds to each packet of a pod, outer IP header included: what the pods' MTU is
// smaller by.
int OverheadOf(world::Overlay overlay, Family outer);

}  // namespace kvs::feed
