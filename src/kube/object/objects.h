#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/net.h"
#include "kube/object/text_map.h"

// Kubernetes objects as values: the fields that we use, decoded and typed. Field names follow the
// Kubernetes API (kubernetes.io/docs/reference/kubernetes-api). A list with one entry per family
// has its plural name there and here ("podCIDRs" -> pod_cidrs); the singular field ("podCIDR") is
// its first entry.
namespace kvs::kube {

enum class Kind : uint8_t { kNode, kNamespace, kPod, kConfigMap, kVSwitchConfig };
inline constexpr Kind kAllKinds[] = {Kind::kNode, Kind::kNamespace, Kind::kPod, Kind::kConfigMap,
                                     Kind::kVSwitchConfig};

std::string_view Name(Kind kind);        // "Node"
std::string_view ApiVersion(Kind kind);  // "v1", "kvswitch.io/v1alpha1"
bool Namespaced(Kind kind);
// nullopt: not a kind that we use.
std::optional<Kind> FindKind(std::string_view api_version, std::string_view name);

struct ObjectMeta {
  std::string name;
  std::string ns;  // namespace; empty if the kind has none
  std::string uid;
  std::string resource_version;
  int64_t generation = 0;  // changes with the spec; 0: not known
  bool deleting = false;   // deletionTimestamp is set
  TextMap labels;
  TextMap annotations;

  // "namespace/name", or "name" if the kind has no namespaces.
  std::string key() const { return ns.empty() ? name : ns + "/" + name; }
  friend bool operator==(const ObjectMeta&, const ObjectMeta&) = default;
};

// k8s.io/apimachinery metav1.Condition.
struct Condition {
  std::string type;
  std::string status;  // True, False or Unknown
  int64_t observed_generation = 0;
  std::string last_transition_time;  // RFC 3339
  std::string reason;                // one word, CamelCase
  std::string message;

  friend bool operator==(const Condition&, const Condition&) = default;
};

struct NodeAddress {
  std::string type;     // InternalIP, ExternalIP, Hostname, ...
  std::string address;  // as written; its user validates it

  friend bool operator==(const NodeAddress&, const NodeAddress&) = default;
};

struct Node {
  static constexpr Kind kKind = Kind::kNode;
  static constexpr std::string_view kReady = "Ready";
  static constexpr std::string_view kNetworkUnavailable = "NetworkUnavailable";
  ObjectMeta meta;
  std::vector<std::string> pod_cidrs;  // spec.podCIDRs, as written
  std::vector<NodeAddress> addresses;  // status.addresses
  // The conditions in status.conditions that we use (core/v1 NodeCondition); decoded without times.
  std::optional<Condition> ready;
  std::optional<Condition> network_unavailable;

  friend bool operator==(const Node&, const Node&) = default;
};

struct Namespace {
  static constexpr Kind kKind = Kind::kNamespace;
  ObjectMeta meta;

  friend bool operator==(const Namespace&, const Namespace&) = default;
};

struct ContainerPort {
  std::string name;  // may be empty
  uint16_t port = 0;
  std::string protocol = "TCP";  // TCP, UDP or SCTP

  friend bool operator==(const ContainerPort&, const ContainerPort&) = default;
};
struct HashPorts {
  size_t operator()(const std::vector<ContainerPort>& ports) const;
};

struct Pod {
  static constexpr Kind kKind = Kind::kPod;
  ObjectMeta meta;
  std::string node_name;  // empty: not scheduled
  bool host_network = false;
  Interned<std::vector<ContainerPort>, HashPorts> ports;  // of all containers
  std::string phase;          // Pending, Running, Succeeded, Failed, Unknown; or empty
  std::vector<Ip> pod_ips;    // status.podIPs
  bool ready = false;         // its condition Ready is True
  int64_t ready_changed = 0;  // when that came or went, in seconds since 1970; 0: not known
  // Why one of its containers does not run ("ErrImagePull", "OOMKilled"), or why the pod was ended
  // ("Evicted"); empty if there is no such reason.
  std::string waits;

  bool finished() const { return phase == "Succeeded" || phase == "Failed"; }
  friend bool operator==(const Pod&, const Pod&) = default;
};

struct ConfigMap {
  static constexpr Kind kKind = Kind::kConfigMap;
  ObjectMeta meta;
  StringMap data;

  friend bool operator==(const ConfigMap&, const ConfigMap&) = default;
};

enum class OverlayType : uint8_t { kAuto, kVxlan, kGre, kGeneve, kNone };
std::string_view Name(OverlayType type);  // "auto"
std::optional<OverlayType> FindOverlayType(std::string_view name);
inline constexpr std::string_view kOverlayTypes = "auto, vxlan, gre, geneve or none";

// Whether pods reach the metadata service of a cloud, from which they could get the node's
// identity.
enum class MetadataAccess : uint8_t { kAllow, kDeny };
std::string_view Name(MetadataAccess access);  // "allow"
std::optional<MetadataAccess> FindMetadataAccess(std::string_view name);
inline constexpr std::string_view kMetadataAccesses = "allow or deny";

// The default of maxConnectionsPerPod, and its greatest value: how many connections in the node's
// table a pod may have begun.
inline constexpr int64_t kMaxConnectionsPerPod = 32768;
inline constexpr int64_t kMostConnections = 4294967295;

// A node's configuration. Written by the controller.
struct VSwitchConfigSpec {
  std::vector<Prefix> pod_cidrs;      // of the node's pods, at most one per family
  std::vector<Prefix> cluster_cidrs;  // of all pods; empty: not known, the union of all pod_cidrs
  std::vector<Prefix> service_cidrs;  // of ClusterIPs; empty: not known
  std::vector<Ip> overlay_ips;        // tunnel endpoints, at most one per family
  std::optional<OverlayType> overlay_type;
  std::optional<MetadataAccess> metadata_access;   // nullopt: kAllow
  std::optional<int64_t> max_connections_per_pod;  // 0: no bound; nullopt: kMaxConnectionsPerPod
  StringMap sources;  // where each field came from: {"podCIDRs": "Node.spec.podCIDRs"}

  friend bool operator==(const VSwitchConfigSpec&, const VSwitchConfigSpec&) = default;
};

// A node's state. Written by the agent, except for conditions of type kAccepted.
struct VSwitchConfigStatus {
  std::vector<Condition> conditions;  // one per type
  std::optional<int64_t> mtu;         // of pods, bytes
  std::optional<int64_t> pods;        // attached here
  std::optional<int64_t> flows;       // in the switch
  std::string datapath;               // system or netdev
  std::string ovs_version;
  std::string agent_version;

  friend bool operator==(const VSwitchConfigStatus&, const VSwitchConfigStatus&) = default;
};

// kvswitch.io/v1alpha1, cluster-scoped, named like its node.
struct VSwitchConfig {
  static constexpr Kind kKind = Kind::kVSwitchConfig;
  static constexpr std::string_view kAccepted = "Accepted";  // the controller's condition
  static constexpr std::string_view kReady = "Ready";        // the agent's
  // The reason if a node isn't Ready because another network plugin serves its pods.
  static constexpr std::string_view kOtherNetwork = "OtherNetwork";
  ObjectMeta meta;
  // The UID of the Node that owns it (metadata.ownerReferences): Kubernetes deletes this object
  // together with the Node, whether a controller runs or not. Empty: no Node owns it.
  std::string node_uid;
  VSwitchConfigSpec spec;
  VSwitchConfigStatus status;

  friend bool operator==(const VSwitchConfig&, const VSwitchConfig&) = default;
};

using Object = std::variant<Node, Namespace, Pod, ConfigMap, VSwitchConfig>;

// A reference to an object.
struct Ref {
  Kind kind{};
  std::string key;  // ObjectMeta::key()

  std::string ToString() const;  // "Pod/default/web-1", as in Problem::object
  friend auto operator<=>(const Ref&, const Ref&) = default;
};

Ref RefOf(const Object& object);
Kind KindOf(const Object& object);
const ObjectMeta& MetaOf(const Object& object);
ObjectMeta& MetaOf(Object& object);

// The condition of that type; null if there is none.
const Condition* FindCondition(const std::vector<Condition>& conditions, std::string_view type);

}  // namespace kvs::kube
