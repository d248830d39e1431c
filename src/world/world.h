#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/namespaced_name.h"
#include "base/net.h"
#include "engine/table.h"
#include "flow/ofport.h"

// The facts: what the agent knows, as rows. Feeds put them, rules read them, nothing else changes
// them.
namespace kvs::world {

// What a row says of itself, besides what the engine asks of it (engine/table.h).
//
//   kKind            the kind of fact, unique among the rows; scenarios name rows by it
//   kField           where its objects say what follows from it, for Problems: "spec.podCIDRs"
//   CookieName()     its part in the cookies of its flows, which outlive the agent: never changes
//   Objects()        the Kubernetes objects behind it, "Kind/name" or "Kind/namespace/name"
template <class Row>
concept Fact = std::equality_comparable<Row> && requires(const Row& row) {
  { Row::kKind } -> std::convertible_to<std::string_view>;
  { Row::kField } -> std::convertible_to<std::string_view>;
  { row.CookieName() } -> std::convertible_to<std::string>;
  { row.Objects() } -> std::same_as<std::vector<std::string>>;
  row.key();
};

// How packets get from node to node. overlayType auto is kVxlan (docs/decisions/0006-auto.md).
enum class Overlay : uint8_t { kNone, kVxlan, kGre, kGeneve };

// Which bit of a connection's mark means what (pipeline/mark_layout.h), by the names of fields.
struct MarkLayout {
  uint8_t generation = 0;
  std::map<std::string, uint8_t> bits;
  friend bool operator==(const MarkLayout&, const MarkLayout&) = default;
};

// What is known of this node stands in several rows, by how often it changes: a rule is run again
// only for what it reads. In cookies all of them are "Self", which once was one row.

// What this node is, and what it is told to do. Lists hold at most one entry per family.
struct Self {
  static constexpr std::string_view kKind = "Self", kField = "spec";

  std::string node;                // Node's name
  Mac local_mac;                   // of the bridge's LOCAL port
  std::vector<Prefix> pod_ranges;  // from which this node's pods get their addresses
  std::vector<Ip> gateways;        // on the LOCAL port: the first address of each pod range
  std::vector<Ip> snat;  // "M", reserved for our source NAT: the second address of each pod range
  bool deny_metadata = false;            // pods don't reach a cloud's metadata service
  uint64_t max_connections_per_pod = 0;  // that a pod began and are remembered; 0: no bound
  Overlay overlay = Overlay::kVxlan;
  uint16_t mtu = 0;  // of pods, bytes

  std::string CookieName() const { return "Self"; }
  std::vector<std::string> Objects() const { return {"VSwitchConfig/" + node}; }
  int key() const { return 0; }
  friend bool operator==(const Self&, const Self&) = default;
};

// What this node's switch is able to do, and what it has.
struct Datapath {
  static constexpr std::string_view kKind = "Datapath", kField = "status";

  bool netdev = false;             // in userspace: the host's kernel sees the pods' packets too
  bool nd_flows = false;           // flows can answer Neighbor Solicitations
  flow::OfPort overlay_port = 0;   // of overlay0; 0: there is none (yet)
  std::vector<Ip> tunnel_sources;  // overlay addresses of this node that tunnels can be sent from
  // Connections may carry marks of any of these; the last is this build's.
  std::vector<MarkLayout> mark_layouts;

  std::string CookieName() const { return "Self"; }
  std::vector<std::string> Objects() const { return {}; }
  int key() const { return 0; }
  friend bool operator==(const Datapath&, const Datapath&) = default;
};

// The ranges of the whole cluster.
struct ClusterRanges {
  static constexpr std::string_view kKind = "ClusterRanges", kField = "spec.clusterCIDRs";

  std::vector<Prefix> pods;
  std::vector<Prefix> services;  // ClusterIPs

  std::string CookieName() const { return "Self"; }
  std::vector<std::string> Objects() const { return {}; }
  int key() const { return 0; }
  friend bool operator==(const ClusterRanges&, const ClusterRanges&) = default;
};

// One of the node's own addresses, on any of its links. A row each: a pod asks only whether its
// address is one.
struct NodeAddress {
  static constexpr std::string_view kKind = "NodeAddress", kField = "status.addresses";

  Ip ip;

  std::string CookieName() const { return "NodeAddress/" + ip.ToString(); }
  std::vector<std::string> Objects() const { return {}; }
  const Ip& key() const { return ip; }
  friend bool operator==(const NodeAddress&, const NodeAddress&) = default;
};

// A node of the cluster, this one too (from its VSwitchConfig).
struct Node {
  static constexpr std::string_view kKind = "Node", kField = "spec.podCIDRs";

  std::string name;
  std::vector<Prefix> pod_ranges;
  std::vector<Ip> overlay_ips;  // tunnel endpoints (or next hops), at most one per family

  std::string CookieName() const { return "Node/" + name; }
  std::vector<std::string> Objects() const { return {"VSwitchConfig/" + name}; }
  const std::string& key() const { return name; }
  friend bool operator==(const Node&, const Node&) = default;
};

// The Kubernetes object behind a pod's port; the port itself where no pod is known.
inline std::string ObjectOfPort(const std::string& port, const NamespacedName& pod) {
  return pod.empty() ? "Port/" + port : "Pod/" + pod.ToString();
}

// A pod's port on this node's bridge (from OVSDB, written by k-vswitch-cni).
struct Port {
  static constexpr std::string_view kKind = "Port", kField = "status.podIPs";

  std::string name;         // of link and OVS port: "kv0012"
  flow::OfPort ofport = 0;  // as requested, or as OVS chose it; 0: not known yet
  Mac mac;                  // of the pod's end
  std::vector<Ip> ips;
  bool delegated = false;  // another IPAM plugin chose the addresses
  NamespacedName pod;      // empty: the runtime did not say
  std::string container;   // container id
  std::string alias;       // of the link: the attachment in one line

  std::string CookieName() const { return "Port/" + name; }
  std::string Object() const { return ObjectOfPort(name, pod); }
  std::vector<std::string> Objects() const { return {Object()}; }
  const std::string& key() const { return name; }
  friend bool operator==(const Port&, const Port&) = default;
};

// A pod's port that has begun more connections than a pod may (from counts of the conntrack table).
// All of it is as in Port: who gets the name next is another container.
struct CrowdedPort {
  static constexpr std::string_view kKind = "CrowdedPort", kField = "connections";

  std::string name;
  std::string container;
  NamespacedName pod;

  std::string CookieName() const { return "Port/" + name; }
  std::string Object() const { return ObjectOfPort(name, pod); }
  std::vector<std::string> Objects() const { return {Object()}; }
  const std::string& key() const { return name; }
  friend bool operator==(const CrowdedPort&, const CrowdedPort&) = default;
};

// All tables of the agent. An engine is told of them once, by pipeline::Pipeline.
struct World {
  engine::Table<Self> self;
  engine::Table<Datapath> datapath;
  engine::Table<ClusterRanges> cluster;
  engine::Table<NodeAddress> addresses;
  engine::Table<Node> nodes;
  engine::Table<Port> ports;
  engine::Table<CrowdedPort> crowded;

  // The list of them, from which everything else knows which kinds there are.
  auto Tables() { return std::tie(self, datapath, cluster, addresses, nodes, ports, crowded); }

  template <Fact Row>
  engine::Table<Row>& Of() {
    return std::get<engine::Table<Row>&>(Tables());
  }
  // visit(engine::Table<Row>&), for each.
  template <class Visit>
  void ForEachTable(Visit&& visit) {
    std::apply([&](auto&... table) { (visit(table), ...); }, Tables());
  }
};

}  // namespace kvs::world
