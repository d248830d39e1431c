#include <algorithm>
#include <boost/json.hpp>
#include <limits>

#include "kube/codec/json.h"
#include "kube/codec/json_fields.h"
#include "kube/codec/protobuf.h"
#include "kube/codec/protobuf_fields.h"

namespace kvs::kube {
namespace {

namespace json = boost::json;

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

bool IsLabel(std::string_view text) {
  const auto is_end = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= 63 && is_end(text.front()) && is_end(text.back()) &&
         std::ranges::all_of(text, [&](char c) { return is_end(c) || c == '-'; });
}

constexpr std::string_view kNameRule =
    "use lower-case letters, digits, '-' and '.', beginning and ending with a letter or digit, at "
    "most 253";

// The following functions decode JsonFields or ProtobufFields, so both wire formats have the same
// rules.

template <class Fields>
void ReadMeta(const Fields& fields, bool namespaced, ObjectMeta& meta) {
  if (!fields.Has({"name", 1})) fields.Report("name", "missing: every object needs a name");
  fields.Read({"name", 1}, meta.name);
  if (!meta.name.empty() && !IsName(meta.name))
    fields.Report("name", fmt::format("\"{}\" is not a name; {}", meta.name, kNameRule));
  if (namespaced) {
    meta.ns = "default";
    fields.Read({"namespace", 3}, meta.ns);
    if (!IsLabel(meta.ns))
      fields.Report("namespace", fmt::format("\"{}\" is not a namespace; use lower-case letters, "
                                             "digits and '-', at most 63",
                                             meta.ns));
  }
  fields.Read({"uid", 5}, meta.uid);
  fields.Read({"resourceVersion", 6}, meta.resource_version);
  fields.Read({"generation", 7}, 0, kMost, meta.generation);
  meta.deleting = fields.HasTime({"deletionTimestamp", 9});
  fields.Read({"labels", 11}, meta.labels);
  fields.Read({"annotations", 12}, meta.annotations);
}

// A list `plural` with its singular field `singular`, which must be its first entry.
template <class Fields>
void ReadTwins(const Fields& fields, Field singular, Field plural, std::vector<std::string>& out) {
  std::string first;
  fields.Read(singular, first);
  fields.Read(plural, out);
  if (first.empty()) return;
  if (out.empty()) out.push_back(first);
  if (out.front() != first)
    fields.Report(singular.name,
                  fmt::format("\"{}\" is not the first of {} (\"{}\"); make them equal", first,
                              plural.name, out.front()));
}

template <class Fields, class T>
void ReadTwins(const Fields& fields, Field singular, Field plural, std::vector<T>& out) {
  std::vector<std::string> texts;
  ReadTwins(fields, singular, plural, texts);
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto parsed = T::Parse(texts[i]);
    if (parsed)
      out.push_back(*parsed);
    else
      fields.Report(
          fields.Has(plural) ? fmt::format("{}[{}]", plural.name, i) : std::string(singular.name),
          parsed.error().message);
  }
}

template <class Fields>
void Read(const Fields& fields, Node& node) {
  ReadTwins(fields.Sub({"spec", 2}), {"podCIDR", 1}, {"podCIDRs", 7}, node.pod_cidrs);
  const Fields status = fields.Sub({"status", 3});
  status.Each({"addresses", 5}, [&](const Fields& one) {
    NodeAddress& address = node.addresses.emplace_back();
    one.Read({"type", 1}, address.type);
    one.Read({"address", 2}, address.address);
  });
  status.Each({"conditions", 4}, [&](const Fields& one) {
    Condition condition;
    one.Read({"type", 1}, condition.type);
    one.Read({"status", 2}, condition.status);
    one.Read({"reason", 5}, condition.reason);
    one.Read({"message", 6}, condition.message);
    if (condition.type == Node::kReady) node.ready = condition;
    if (condition.type == Node::kNetworkUnavailable) node.network_unavailable = condition;
  });
}

template <class Fields>
void Read(const Fields&, Namespace&) {}

template <class Fields>
void ReadPorts(const Fields& container, std::vector<ContainerPort>& out) {
  container.Each({"ports", 6}, [&](const Fields& one) {
    ContainerPort& port = out.emplace_back();
    int64_t number = 0;
    one.Read({"name", 1}, port.name);
    one.Read({"containerPort", 3}, 1, 65535, number);
    one.Read({"protocol", 4}, port.protocol);
    port.port = static_cast<uint16_t>(number);
    if (!one.Has({"containerPort", 3}))
      one.Report("containerPort", "missing: every port needs a number");
    if (port.protocol != "TCP" && port.protocol != "UDP" && port.protocol != "SCTP")
      one.Report("protocol", fmt::format("\"{}\" is not TCP, UDP or SCTP", port.protocol));
  });
}

template <class Fields>
void ReadIp(const Fields& fields, Field field, std::vector<Ip>& out) {
  std::string text;
  fields.Read(field, text);
  if (text.empty()) return;
  const auto ip = Ip::Parse(text);
  if (ip)
    out.push_back(*ip);
  else
    fields.Report(field.name, ip.error().message);
}

// Why a container does not run, if no better reason is known yet: other containers wait for the one
// that can't start, and the reason of its last end says more than that it is restarted.
template <class Fields>
void ReadWaits(const Fields& container, std::string& out) {
  std::string waiting, ended, before;
  const Fields state = container.Sub({"state", 2});
  state.Sub({"waiting", 1}).Read({"reason", 1}, waiting);
  state.Sub({"terminated", 3}).Read({"reason", 3}, ended);
  container.Sub({"lastState", 3}).Sub({"terminated", 3}).Read({"reason", 3}, before);
  const std::string why = waiting == "CrashLoopBackOff" && before == "OOMKilled" ? before
                          : !waiting.empty()                                     ? waiting
                          : ended == "Completed"                                 ? ""
                                                                                 : ended;
  if (out.empty() || out == "PodInitializing" || out == "ContainerCreating")
    if (!why.empty()) out = why;
}

template <class Fields>
void ReadState(const Fields& status, Pod& pod) {
  status.Each({"conditions", 2}, [&](const Fields& one) {
    std::string type, is;
    one.Read({"type", 1}, type);
    if (type != "Ready") return;
    one.Read({"status", 2}, is);
    pod.ready = is == "True";
    one.ReadTime({"lastTransitionTime", 4}, pod.ready_changed);
  });
  const auto read = [&](const Fields& one) { ReadWaits(one, pod.waits); };
  status.Each({"initContainerStatuses", 10}, read);
  status.Each({"containerStatuses", 8}, read);
  if (pod.waits.empty()) status.Read({"reason", 4}, pod.waits);
}

template <class Fields>
void Read(const Fields& fields, Pod& pod) {
  const Fields spec = fields.Sub({"spec", 2});
  spec.Read({"nodeName", 10}, pod.node_name);
  spec.Read({"hostNetwork", 11}, pod.host_network);
  std::vector<ContainerPort> ports;
  spec.Each({"containers", 2}, [&](const Fields& container) { ReadPorts(container, ports); });
  spec.Each({"initContainers", 20}, [&](const Fields& container) {
    std::string restart;
    container.Read({"restartPolicy", 24}, restart);
    if (restart == "Always") ReadPorts(container, ports);  // a sidecar (KEP-753)
  });
  pod.ports = std::move(ports);

  const Fields status = fields.Sub({"status", 3});
  status.Read({"phase", 1}, pod.phase);
  ReadState(status, pod);
  status.Each({"podIPs", 12}, [&](const Fields& one) { ReadIp(one, {"ip", 1}, pod.pod_ips); });
  if (pod.pod_ips.empty() && !status.Has({"podIPs", 12})) ReadIp(status, {"podIP", 6}, pod.pod_ips);
}

template <class Fields>
void Read(const Fields& fields, ConfigMap& map) {
  fields.Read({"data", 2}, map.data);
}

template <class T>
void OnePerFamily(const JsonFields& fields, std::string_view name, const std::vector<T>& list,
                  bool (*is6)(const T&)) {
  const auto six = std::ranges::count_if(list, is6);
  if (six > 1 || static_cast<ptrdiff_t>(list.size()) - six > 1)
    fields.Report(name, "more than one entry of a family; keep one IPv4 and one IPv6");
}

// Parses one of `choices`.
template <class T>
void ReadWord(const JsonFields& fields, std::string_view name,
              std::optional<T> (*find)(std::string_view), std::string_view choices,
              std::optional<T>& out) {
  std::string word;
  fields.Read({name}, word);
  out = find(word);
  if (!word.empty() && !out)
    fields.Report(name, fmt::format("\"{}\" is unknown; use {}", word, choices));
}

// Unchanged if the field is absent or bad.
void ReadCount(const JsonFields& fields, Field field, int64_t most, std::optional<int64_t>& out) {
  int64_t number = -1;
  fields.Read(field, 0, most, number);
  if (number >= 0) out = number;
}

void ReadSpec(const JsonFields& spec, VSwitchConfigSpec& out) {
  ReadTwins(spec, {"podCIDR"}, {"podCIDRs"}, out.pod_cidrs);
  ReadTwins(spec, {"clusterCIDR"}, {"clusterCIDRs"}, out.cluster_cidrs);
  ReadTwins(spec, {"serviceCIDR"}, {"serviceCIDRs"}, out.service_cidrs);
  ReadTwins(spec, {"overlayIP"}, {"overlayIPs"}, out.overlay_ips);
  OnePerFamily<Prefix>(spec, "podCIDRs", out.pod_cidrs,
                       [](const Prefix& range) { return range.address().is6(); });
  OnePerFamily<Ip>(spec, "overlayIPs", out.overlay_ips, [](const Ip& ip) { return ip.is6(); });
  ReadWord(spec, "overlayType", FindOverlayType, kOverlayTypes, out.overlay_type);
  ReadWord(spec, "metadataAccess", FindMetadataAccess, kMetadataAccesses, out.metadata_access);
  ReadCount(spec, {"maxConnectionsPerPod"}, kMostConnections, out.max_connections_per_pod);
  spec.Read({"sources"}, out.sources);
}

void ReadCondition(const JsonFields& fields, Condition& condition) {
  fields.Read({"type"}, condition.type);
  fields.Read({"status"}, condition.status);
  fields.Read({"observedGeneration"}, 0, kMost, condition.observed_generation);
  fields.Read({"lastTransitionTime"}, condition.last_transition_time);
  fields.Read({"reason"}, condition.reason);
  fields.Read({"message"}, condition.message);
  if (condition.type.empty()) fields.Report("type", "missing: every condition needs a type");
}

void Read(const JsonFields& fields, VSwitchConfig& config) {
  fields.Sub({"metadata"}).Each({"ownerReferences"}, [&](const JsonFields& one) {
    std::string kind;
    one.Read({"kind"}, kind);
    if (kind == Name(Kind::kNode)) one.Read({"uid"}, config.node_uid);
  });
  ReadSpec(fields.Sub({"spec"}), config.spec);
  const JsonFields status = fields.Sub({"status"});
  VSwitchConfigStatus& out = config.status;
  status.Each({"conditions"},
              [&](const JsonFields& one) { ReadCondition(one, out.conditions.emplace_back()); });
  for (auto at = out.conditions.begin(); at != out.conditions.end(); ++at)
    if (std::ranges::find(out.conditions.begin(), at, at->type, &Condition::type) != at)
      status.Report("conditions", fmt::format("two conditions of type \"{}\"", at->type));
  ReadCount(status, {"mtu"}, kMost, out.mtu);
  ReadCount(status, {"pods"}, kMost, out.pods);
  ReadCount(status, {"flows"}, kMost, out.flows);
  status.Read({"datapath"}, out.datapath);
  status.Read({"ovsVersion"}, out.ovs_version);
  status.Read({"agentVersion"}, out.agent_version);
}

template <class Fields, class T>
Decoded DecodeAs(typename Fields::Source source) {
  Findings findings{std::string(Name(T::kKind)), {}};
  Decoded decoded;
  T object;
  const Fields fields(source, findings);
  // The metadata first, so that all problems can name the object.
  const Fields meta = fields.Sub({"metadata", 1});
  ReadMeta(meta, Namespaced(T::kKind), object.meta);
  decoded.resource_version = object.meta.resource_version;
  if (IsName(object.meta.name) && !meta.broken()) {
    decoded.ref = Ref{T::kKind, object.meta.key()};
    findings.object = decoded.ref->ToString();
    for (Problem& problem : findings.problems) problem.object = findings.object;
    Read(fields, object);
    if (findings.problems.empty()) decoded.object = std::move(object);
  }
  decoded.problems = std::move(findings.problems);
  return decoded;
}

}  // namespace

bool IsName(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  for (;;) {
    const size_t dot = text.find('.');
    const std::string_view part = text.substr(0, dot);
    // A part may be longer than a label's 63 (unlike in DNS).
    if (part.empty() || !IsLabel(part.substr(0, 1)) || !IsLabel(part.substr(part.size() - 1)) ||
        part.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != part.npos)
      return false;
    if (dot == text.npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool HasProtobuf(Kind kind) { return kind != Kind::kVSwitchConfig; }

Decoded Decode(Kind kind, const json::value& value) {
  switch (kind) {
    case Kind::kNode:
      return DecodeAs<JsonFields, Node>(value);
    case Kind::kNamespace:
      return DecodeAs<JsonFields, Namespace>(value);
    case Kind::kPod:
      return DecodeAs<JsonFields, Pod>(value);
    case Kind::kConfigMap:
      return DecodeAs<JsonFields, ConfigMap>(value);
    case Kind::kVSwitchConfig:
      return DecodeAs<JsonFields, VSwitchConfig>(value);
  }
  return {};
}

Decoded DecodeProtobuf(Kind kind, std::string_view bytes) {
  switch (kind) {
    case Kind::kNode:
      return DecodeAs<ProtobufFields, Node>(bytes);
    case Kind::kNamespace:
      return DecodeAs<ProtobufFields, Namespace>(bytes);
    case Kind::kPod:
      return DecodeAs<ProtobufFields, Pod>(bytes);
    case Kind::kConfigMap:
      return DecodeAs<ProtobufFields, ConfigMap>(bytes);
    case Kind::kVSwitchConfig:
      break;
  }
  return {};
}

}  // namespace kvs::kube
