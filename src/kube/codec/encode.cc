#include <boost/json.hpp>

#include "kube/codec/json.h"
#include "kube/object/time.h"

namespace kvs::kube {
namespace {

namespace json = boost::json;

// Sets fields that have a value; the others stay out.
void Set(json::object& to, std::string_view name, std::string_view text) {
  if (!text.empty()) to[name] = text;
}
void Set(json::object& to, std::string_view name, int64_t number) {
  if (number != 0) to[name] = number;
}
void Set(json::object& to, std::string_view name, const std::optional<int64_t>& number) {
  if (number) to[name] = *number;
}
void Set(json::object& to, std::string_view name, json::object sub) {
  if (!sub.empty()) to[name] = std::move(sub);
}
void Set(json::object& to, std::string_view name, json::array list) {
  if (!list.empty()) to[name] = std::move(list);
}
template <class Map>
void SetMap(json::object& to, std::string_view name, const Map& map) {
  json::object sub;
  for (const auto& [key, text] : map) sub[key] = text;
  Set(to, name, std::move(sub));
}

std::string_view Text(const std::string& text) { return text; }
template <class T>
std::string Text(const T& value) {
  return value.ToString();
}

template <class T>
void SetTwins(json::object& to, std::string_view singular, std::string_view plural,
              const std::vector<T>& list) {
  if (list.empty()) return;
  to[singular] = Text(list.front());
  json::array texts;
  for (const T& one : list) texts.emplace_back(Text(one));
  to[plural] = std::move(texts);
}

json::object MetaOf(const ObjectMeta& meta) {
  json::object to;
  Set(to, "name", meta.name);
  Set(to, "namespace", meta.ns);
  Set(to, "uid", meta.uid);
  Set(to, "resourceVersion", meta.resource_version);
  Set(to, "generation", meta.generation);
  // The time is unknown, only that there is one.
  if (meta.deleting) to["deletionTimestamp"] = "1970-01-01T00:00:00Z";
  SetMap(to, "labels", meta.labels);
  SetMap(to, "annotations", meta.annotations);
  return to;
}

json::array ListOf(json::object one) {
  json::array list;  // not array{object}, which copies for some compilers instead of nesting
  list.push_back(std::move(one));
  return list;
}

json::object ConditionOf(const Condition& condition) {
  json::object to;
  Set(to, "type", condition.type);
  Set(to, "status", condition.status);
  Set(to, "observedGeneration", condition.observed_generation);
  Set(to, "lastTransitionTime", condition.last_transition_time);
  Set(to, "reason", condition.reason);
  Set(to, "message", condition.message);
  return to;
}

// lastHeartbeatTime is not a pointer in Go: if it were left out, it would be in the year 1.
json::object NodeConditionOf(const Condition& condition) {
  json::object to = ConditionOf(condition);
  Set(to, "lastHeartbeatTime", condition.last_transition_time);
  return to;
}

void Fill(const Node& node, json::object& to) {
  json::object spec;
  SetTwins(spec, "podCIDR", "podCIDRs", node.pod_cidrs);
  Set(to, "spec", std::move(spec));
  json::array addresses;
  for (const NodeAddress& one : node.addresses) {
    json::object address;
    Set(address, "type", one.type);
    Set(address, "address", one.address);
    addresses.push_back(std::move(address));
  }
  json::object status;
  Set(status, "addresses", std::move(addresses));
  json::array conditions;
  for (const auto* condition : {&node.ready, &node.network_unavailable})
    if (*condition) conditions.push_back(NodeConditionOf(**condition));
  Set(status, "conditions", std::move(conditions));
  Set(to, "status", std::move(status));
}

void Fill(const Namespace&, json::object&) {}

void Fill(const Pod& pod, json::object& to) {
  json::object spec;
  Set(spec, "nodeName", pod.node_name);
  if (pod.host_network) spec["hostNetwork"] = true;
  json::array ports;
  for (const ContainerPort& one : *pod.ports) {
    json::object port;
    Set(port, "name", one.name);
    port["containerPort"] = one.port;
    port["protocol"] = one.protocol;
    ports.push_back(std::move(port));
  }
  if (!ports.empty()) spec["containers"] = ListOf({{"ports", std::move(ports)}});
  Set(to, "spec", std::move(spec));
  json::object status;
  Set(status, "phase", pod.phase);
  if (pod.ready || pod.ready_changed != 0) {
    json::object ready{{"type", "Ready"}, {"status", pod.ready ? "True" : "False"}};
    if (pod.ready_changed != 0) ready["lastTransitionTime"] = Rfc3339(pod.ready_changed);
    status["conditions"] = ListOf(std::move(ready));
  }
  if (!pod.waits.empty())
    status["containerStatuses"] =
        ListOf({{"state", json::object{{"waiting", json::object{{"reason", pod.waits}}}}}});
  if (!pod.pod_ips.empty()) {
    status["podIP"] = pod.pod_ips.front().ToString();
    json::array ips;
    for (const Ip& ip : pod.pod_ips) ips.push_back(json::object{{"ip", ip.ToString()}});
    status["podIPs"] = std::move(ips);
  }
  Set(to, "status", std::move(status));
}

void Fill(const ConfigMap& map, json::object& to) { SetMap(to, "data", map.data); }

json::object StatusOf(const VSwitchConfigStatus& status) {
  json::object to;
  json::array conditions;
  for (const Condition& one : status.conditions) conditions.push_back(ConditionOf(one));
  Set(to, "conditions", std::move(conditions));
  Set(to, "mtu", status.mtu);
  Set(to, "pods", status.pods);
  Set(to, "flows", status.flows);
  Set(to, "datapath", status.datapath);
  Set(to, "ovsVersion", status.ovs_version);
  Set(to, "agentVersion", status.agent_version);
  return to;
}

void SetOwner(const VSwitchConfig& config, json::object& to) {
  if (config.node_uid.empty()) return;
  to["metadata"].as_object()["ownerReferences"] = ListOf({{"apiVersion", ApiVersion(Kind::kNode)},
                                                          {"kind", Name(Kind::kNode)},
                                                          {"name", config.meta.name},
                                                          {"uid", config.node_uid}});
}

void Fill(const VSwitchConfig& config, json::object& to) {
  SetOwner(config, to);
  json::object spec;
  SetTwins(spec, "podCIDR", "podCIDRs", config.spec.pod_cidrs);
  SetTwins(spec, "clusterCIDR", "clusterCIDRs", config.spec.cluster_cidrs);
  SetTwins(spec, "serviceCIDR", "serviceCIDRs", config.spec.service_cidrs);
  SetTwins(spec, "overlayIP", "overlayIPs", config.spec.overlay_ips);
  if (config.spec.overlay_type) spec["overlayType"] = Name(*config.spec.overlay_type);
  if (config.spec.metadata_access) spec["metadataAccess"] = Name(*config.spec.metadata_access);
  if (config.spec.max_connections_per_pod)
    spec["maxConnectionsPerPod"] = *config.spec.max_connections_per_pod;
  SetMap(spec, "sources", config.spec.sources);
  Set(to, "spec", std::move(spec));
  Set(to, "status", StatusOf(config.status));
}

}  // namespace

json::value Encode(const Object& object) {
  const Kind kind = KindOf(object);
  json::object to{{"apiVersion", ApiVersion(kind)}, {"kind", Name(kind)}};
  to["metadata"] = MetaOf(kube::MetaOf(object));
  std::visit([&](const auto& value) { Fill(value, to); }, object);
  return to;
}

}  // namespace kvs::kube
