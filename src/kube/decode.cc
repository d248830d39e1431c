#include <algorithm>
#include <boost/json.hpp>
#include <limits>

#include "kube/fields.h"
#include "kube/json.h"

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

void ReadMeta(const Fields& fields, bool namespaced, ObjectMeta& meta) {
  if (!fields.Has("name")) fields.Report("name", "missing: every object needs a name");
  fields.Read("name", meta.name);
  if (!meta.name.empty() && !IsName(meta.name))
    fields.Report("name", fmt::format("\"{}\" is not a name; {}", meta.name, kNameRule));
  if (namespaced) {
    meta.ns = "default";
    fields.Read("namespace", meta.ns);
    if (!IsLabel(meta.ns))
      fields.Report("namespace", fmt::format("\"{}\" is not a namespace; use lower-case letters, "
                                             "digits and '-', at most 63",
                                             meta.ns));
  }
  fields.Read("uid", meta.uid);
  fields.Read("resourceVersion", meta.resource_version);
  fields.Read("generation", 0, kMost, meta.generation);
  fields.Read("labels", meta.labels);
  fields.Read("annotations", meta.annotations);
  std::string deletion;
  fields.Read("deletionTimestamp", deletion);
  meta.deleting = !deletion.empty();
}

// A list called `plural` with its twin `singular`, which must be its first entry.
void ReadTwins(const Fields& fields, std::string_view singular, std::string_view plural,
               std::vector<std::string>& out) {
  std::string first;
  fields.Read(singular, first);
  fields.Read(plural, out);
  if (first.empty()) return;
  if (out.empty()) out.push_back(first);
  if (out.front() != first)
    fields.Report(singular, fmt::format("\"{}\" is not the first of {} (\"{}\"); make them equal",
                                        first, plural, out.front()));
}

template <class T>
void ReadTwins(const Fields& fields, std::string_view singular, std::string_view plural,
               std::vector<T>& out) {
  std::vector<std::string> texts;
  ReadTwins(fields, singular, plural, texts);
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto parsed = T::Parse(texts[i]);
    if (parsed)
      out.push_back(*parsed);
    else
      fields.Report(fields.Has(plural) ? fmt::format("{}[{}]", plural, i) : std::string(singular),
                    parsed.error().message);
  }
}

void Read(const Fields& fields, Node& node) {
  ReadTwins(fields.Sub("spec"), "podCIDR", "podCIDRs", node.pod_cidrs);
  fields.Sub("status").Each("addresses", [&](const Fields& one) {
    NodeAddress& address = node.addresses.emplace_back();
    one.Read("type", address.type);
    one.Read("address", address.address);
  });
}

void Read(const Fields&, Namespace&) {}

void ReadPorts(const Fields& container, std::vector<ContainerPort>& out) {
  container.Each("ports", [&](const Fields& one) {
    ContainerPort& port = out.emplace_back();
    int64_t number = 0;
    one.Read("name", port.name);
    one.Read("containerPort", 1, 65535, number);
    one.Read("protocol", port.protocol);
    port.port = static_cast<uint16_t>(number);
    if (!one.Has("containerPort"))
      one.Report("containerPort", "missing: every port needs a number");
    if (port.protocol != "TCP" && port.protocol != "UDP" && port.protocol != "SCTP")
      one.Report("protocol", fmt::format("\"{}\" is not TCP, UDP or SCTP", port.protocol));
  });
}

void Read(const Fields& fields, Pod& pod) {
  const Fields spec = fields.Sub("spec");
  spec.Read("nodeName", pod.node_name);
  spec.Read("hostNetwork", pod.host_network);
  spec.Each("containers", [&](const Fields& container) { ReadPorts(container, pod.ports); });
  spec.Each("initContainers", [&](const Fields& container) {
    std::string restart;
    container.Read("restartPolicy", restart);
    if (restart == "Always") ReadPorts(container, pod.ports);  // a sidecar (KEP-753)
  });

  const Fields status = fields.Sub("status");
  status.Read("phase", pod.phase);
  const auto read_ip = [&](const Fields& owner, std::string_view name) {
    std::string text;
    owner.Read(name, text);
    if (text.empty()) return;
    const auto ip = Ip::Parse(text);
    if (ip)
      pod.pod_ips.push_back(*ip);
    else
      owner.Report(name, ip.error().message);
  };
  status.Each("podIPs", [&](const Fields& one) { read_ip(one, "ip"); });
  if (!status.Has("podIPs")) read_ip(status, "podIP");
}

void Read(const Fields& fields, ConfigMap& map) { fields.Read("data", map.data); }

template <class T>
void OnePerFamily(const Fields& fields, std::string_view name, const std::vector<T>& list,
                  bool (*is6)(const T&)) {
  const auto six = std::ranges::count_if(list, is6);
  if (six > 1 || static_cast<ptrdiff_t>(list.size()) - six > 1)
    fields.Report(name, "more than one entry of a family; keep one IPv4 and one IPv6");
}

void ReadSpec(const Fields& spec, VSwitchConfigSpec& out) {
  ReadTwins(spec, "podCIDR", "podCIDRs", out.pod_cidrs);
  ReadTwins(spec, "clusterCIDR", "clusterCIDRs", out.cluster_cidrs);
  ReadTwins(spec, "serviceCIDR", "serviceCIDRs", out.service_cidrs);
  ReadTwins(spec, "overlayIP", "overlayIPs", out.overlay_ips);
  OnePerFamily<Prefix>(spec, "podCIDRs", out.pod_cidrs,
                       [](const Prefix& range) { return range.address().is6(); });
  OnePerFamily<Ip>(spec, "overlayIPs", out.overlay_ips, [](const Ip& ip) { return ip.is6(); });
  std::string type;
  spec.Read("overlayType", type);
  out.overlay_type = FindOverlayType(type);
  if (!type.empty() && !out.overlay_type)
    spec.Report("overlayType", fmt::format("\"{}\" is unknown; use {}", type, kOverlayTypes));
  spec.Read("sources", out.sources);
}

void ReadCondition(const Fields& fields, Condition& condition) {
  fields.Read("type", condition.type);
  fields.Read("status", condition.status);
  fields.Read("observedGeneration", 0, kMost, condition.observed_generation);
  fields.Read("lastTransitionTime", condition.last_transition_time);
  fields.Read("reason", condition.reason);
  fields.Read("message", condition.message);
  if (condition.type.empty()) fields.Report("type", "missing: every condition needs a type");
}

void ReadCount(const Fields& fields, std::string_view name, std::optional<int64_t>& out) {
  int64_t number = 0;
  fields.Read(name, 0, kMost, number);
  if (fields.Has(name)) out = number;
}

void Read(const Fields& fields, VSwitchConfig& config) {
  ReadSpec(fields.Sub("spec"), config.spec);
  const Fields status = fields.Sub("status");
  VSwitchConfigStatus& out = config.status;
  status.Each("conditions",
              [&](const Fields& one) { ReadCondition(one, out.conditions.emplace_back()); });
  for (auto at = out.conditions.begin(); at != out.conditions.end(); ++at)
    if (std::ranges::find(out.conditions.begin(), at, at->type, &Condition::type) != at)
      status.Report("conditions", fmt::format("two conditions of type \"{}\"", at->type));
  ReadCount(status, "mtu", out.mtu);
  ReadCount(status, "pods", out.pods);
  ReadCount(status, "flows", out.flows);
  status.Read("datapath", out.datapath);
  status.Read("ovsVersion", out.ovs_version);
  status.Read("agentVersion", out.agent_version);
}

template <class T>
Decoded DecodeAs(const json::value& value) {
  Decoded decoded;
  T object;
  {  // who it is, first, so that all problems can name it
    const Fields anonymous(std::string(Name(T::kKind)), value, decoded.problems);
    ReadMeta(anonymous.Sub("metadata"), Namespaced(T::kKind), object.meta);
  }
  decoded.resource_version = object.meta.resource_version;
  if (!IsName(object.meta.name)) return decoded;
  decoded.ref = Ref{T::kKind, object.meta.key()};
  for (Problem& problem : decoded.problems) problem.object = decoded.ref->ToString();
  Read(Fields(decoded.ref->ToString(), value, decoded.problems), object);
  if (decoded.problems.empty()) decoded.object = std::move(object);
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

Decoded Decode(Kind kind, const json::value& value) {
  switch (kind) {
    case Kind::kNode:
      return DecodeAs<Node>(value);
    case Kind::kNamespace:
      return DecodeAs<Namespace>(value);
    case Kind::kPod:
      return DecodeAs<Pod>(value);
    case Kind::kConfigMap:
      return DecodeAs<ConfigMap>(value);
    case Kind::kVSwitchConfig:
      return DecodeAs<VSwitchConfig>(value);
  }
  return {};
}

}  // namespace kvs::kube
