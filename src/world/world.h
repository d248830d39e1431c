#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/net.h"
#include "engine/table.h"

// The facts: what the agent knows, as rows. Feeds put them, rules read them, nothing else changes
// them.
namespace kvs::world {

// How packets get from node to node. overlayType auto is kVxlan (docs/decisions/0006-auto.md).
enum class Overlay : uint8_t { kNone, kVxlan, kGre, kGeneve };

// Which bit of a connection's mark means what (pipeline/mark_layout.h), by the names of fields.
struct MarkLayout {
  uint8_t generation = 0;
  std::map<std::string, uint8_t> bits;
  friend bool operator==(const MarkLayout&, const MarkLayout&) = default;
};

// This node, in one row. Lists hold at most one entry per family.
struct Self {
  std::string node;                // Node's name
  Mac local_mac;                   // of the bridge's LOCAL port
  std::vector<Prefix> pod_ranges;  // from which this node's pods get their addresses
  std::vector<Ip> gateways;        // on the LOCAL port: the first address of each pod range
  std::vector<Ip> snat;  // "M", reserved for our source NAT: the second address of each pod range
  std::vector<Ip> addresses;           // the node's own addresses on its links, any number
  std::vector<Prefix> cluster_ranges;  // all pods of the cluster
  std::vector<Prefix> service_ranges;  // ClusterIPs
  bool deny_metadata = false;          // pods don't reach a cloud's metadata service
  uint64_t max_connections_per_pod =
      0;  // that it began, as far as they are remembered; 0: no bound
  Overlay overlay = Overlay::kVxlan;
  uint32_t overlay_port = 0;       // OpenFlow port of overlay0; 0: there is none (yet)
  std::vector<Ip> tunnel_sources;  // overlay addresses of this node that tunnels can be sent from
  uint16_t mtu = 0;                // of pods, bytes
  bool netdev = false;    // the userspace datapath: the host's kernel sees the pods' packets too
  bool nd_flows = false;  // the datapath lets flows answer Neighbor Solicitations
  std::vector<MarkLayout>
      mark_layouts;  // connections may carry marks of any; the last: this build's

  int key() const { return 0; }
  friend bool operator==(const Self&, const Self&) = default;
};

// A node of the cluster, this one too (from its VSwitchConfig).
struct Node {
  std::string name;
  std::vector<Prefix> pod_ranges;
  std::vector<Ip> overlay_ips;  // tunnel endpoints (or next hops), at most one per family

  const std::string& key() const { return name; }
  friend bool operator==(const Node&, const Node&) = default;
};

// A pod's port on this node's bridge (from OVSDB, written by k-vswitch-cni).
struct Port {
  std::string name;     // of link and OVS port: "kv0012"
  uint32_t ofport = 0;  // OpenFlow port number, as requested or as OVS chose it; 0: not known yet
  Mac mac;              // of the pod's end
  std::vector<Ip> ips;
  bool delegated = false;  // another IPAM plugin chose the addresses
  std::string pod;         // "namespace/name", for people
  std::string container;   // container id
  std::string alias;       // of the link: the attachment in one line

  const std::string& key() const { return name; }
  friend bool operator==(const Port&, const Port&) = default;
};

// A pod's port that has begun more connections than a pod may (from counts of the conntrack table).
// All of it is as in Port: who gets the name next is another container.
struct CrowdedPort {
  std::string name;
  std::string container;
  std::string pod;

  const std::string& key() const { return name; }
  friend bool operator==(const CrowdedPort&, const CrowdedPort&) = default;
};

// All tables of the agent. An engine is told of them once, by pipeline::Pipeline.
struct World {
  engine::Table<Self> self;
  engine::Table<Node> nodes;
  engine::Table<Port> ports;
  engine::Table<CrowdedPort> crowded;
};

}  // namespace kvs::world
