#include "kube/testing/wire_encode.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <protozero/pbf_writer.hpp>

#include "kube/codec/json.h"

// Numbers: k8s.io/api/core/v1 and k8s.io/apimachinery/pkg/{runtime,apis/meta/v1}, generated.proto.
namespace kvs::kube {
namespace {

using protozero::pbf_writer;

// Go writes a string or number also if it is unset, unless it is behind a pointer.
template <class Fill>
void AddMessage(pbf_writer& to, uint32_t number, Fill fill) {
  pbf_writer sub(to, number);
  fill(sub);
}

template <class Map>
void AddMap(pbf_writer& to, uint32_t number, const Map& map) {
  for (const auto& one : map)
    AddMessage(to, number, [&](pbf_writer& entry) {
      entry.add_string(1, one.first.data(), one.first.size());
      entry.add_string(2, one.second.data(), one.second.size());
    });
}

void AddMeta(pbf_writer& to, const ObjectMeta& meta) {
  AddMessage(to, 1, [&](pbf_writer& out) {
    out.add_string(1, meta.name);
    out.add_string(2, "");  // generateName
    out.add_string(3, meta.ns);
    out.add_string(4, "");  // selfLink
    out.add_string(5, meta.uid);
    out.add_string(6, meta.resource_version);
    out.add_int64(7, meta.generation);
    AddMessage(out, 8, [](pbf_writer& time) { time.add_int64(1, 1767225600); });  // creation
    if (meta.deleting) AddMessage(out, 9, [](pbf_writer& time) { time.add_int64(1, 1767225600); });
    AddMap(out, 11, meta.labels);
    AddMap(out, 12, meta.annotations);
  });
}

void Fill(const Node& node, pbf_writer& to) {
  AddMessage(to, 2, [&](pbf_writer& spec) {
    spec.add_string(1, node.pod_cidrs.empty() ? "" : node.pod_cidrs.front());
    for (const std::string& range : node.pod_cidrs) spec.add_string(7, range);
  });
  AddMessage(to, 3, [&](pbf_writer& status) {
    for (const NodeAddress& one : node.addresses)
      AddMessage(status, 5, [&](pbf_writer& address) {
        address.add_string(1, one.type);
        address.add_string(2, one.address);
      });
    for (const auto* one : {&node.ready, &node.network_unavailable})
      if (*one)
        AddMessage(status, 4, [&](pbf_writer& condition) {
          condition.add_string(1, (*one)->type);
          condition.add_string(2, (*one)->status);
          condition.add_string(5, (*one)->reason);
          condition.add_string(6, (*one)->message);
        });
  });
}

void Fill(const Namespace&, pbf_writer&) {}

void AddState(pbf_writer& status, const Pod& pod) {
  AddMessage(status, 2, [&](pbf_writer& condition) {
    condition.add_string(1, "Ready");
    condition.add_string(2, pod.ready ? "True" : "False");
    AddMessage(condition, 4, [&](pbf_writer& time) { time.add_int64(1, pod.ready_changed); });
  });
  AddMessage(status, 8, [&](pbf_writer& container) {
    AddMessage(container, 2, [&](pbf_writer& state) {
      AddMessage(state, 1, [&](pbf_writer& waiting) { waiting.add_string(1, pod.waits); });
    });
  });
}

void Fill(const Pod& pod, pbf_writer& to) {
  AddMessage(to, 2, [&](pbf_writer& spec) {
    AddMessage(spec, 2, [&](pbf_writer& container) {
      for (const ContainerPort& one : *pod.ports)
        AddMessage(container, 6, [&](pbf_writer& port) {
          port.add_string(1, one.name);
          port.add_int32(2, 0);  // hostPort
          port.add_int32(3, one.port);
          port.add_string(4, one.protocol);
        });
    });
    spec.add_string(10, pod.node_name);
    spec.add_bool(11, pod.host_network);
  });
  AddMessage(to, 3, [&](pbf_writer& status) {
    status.add_string(1, pod.phase);
    AddState(status, pod);
    status.add_string(6, pod.pod_ips.empty() ? "" : pod.pod_ips.front().ToString());
    for (const Ip& ip : pod.pod_ips)
      AddMessage(status, 12, [&](pbf_writer& one) { one.add_string(1, ip.ToString()); });
  });
}

void Fill(const ConfigMap& map, pbf_writer& to) { AddMap(to, 2, map.data); }

void Fill(const VSwitchConfig&, pbf_writer&) {}  // a custom resource: JSON only

std::string Enveloped(std::string_view version, std::string_view kind, std::string_view message) {
  std::string body("k8s\0", 4);
  pbf_writer unknown(body);
  AddMessage(unknown, 1, [&](pbf_writer& type) {
    type.add_string(1, version.data(), version.size());
    type.add_string(2, kind.data(), kind.size());
  });
  unknown.add_bytes(2, message.data(), message.size());
  unknown.add_string(3, "");  // contentEncoding
  unknown.add_string(4, "");  // contentType
  return body;
}

std::string Message(const Status& status) {
  std::string message;
  pbf_writer to(message);
  AddMessage(to, 1, [](pbf_writer&) {});
  to.add_string(2, "Failure");
  to.add_string(3, status.message);
  to.add_string(4, status.reason);
  AddMessage(to, 5, [&](pbf_writer& details) { details.add_int32(5, status.retry_after_seconds); });
  to.add_int32(6, status.code);
  return message;
}

std::string Json(const Status& status) {
  return boost::json::serialize(
      boost::json::value{{"kind", "Status"},
                         {"apiVersion", "v1"},
                         {"metadata", boost::json::object()},
                         {"status", "Failure"},
                         {"message", status.message},
                         {"reason", status.reason},
                         {"details", {{"retryAfterSeconds", status.retry_after_seconds}}},
                         {"code", status.code}});
}

// `object`: enveloped, or JSON.
std::string Event(Wire wire, std::string_view type, std::string_view object) {
  if (wire == Wire::kJson) return fmt::format("{{\"type\":\"{}\",\"object\":{}}}\n", type, object);
  std::string event;
  pbf_writer to(event);
  to.add_string(1, type.data(), type.size());
  AddMessage(to, 2, [&](pbf_writer& raw) { raw.add_bytes(1, object.data(), object.size()); });
  std::string frame;
  for (int shift = 24; shift >= 0; shift -= 8)
    frame.push_back(static_cast<char>(event.size() >> shift));
  return frame + event;
}

}  // namespace

std::string EncodeObject(Wire wire, const Object& object) {
  if (wire == Wire::kJson) return boost::json::serialize(Encode(object));
  std::string message;
  pbf_writer to(message);
  AddMeta(to, MetaOf(object));
  std::visit([&](const auto& value) { Fill(value, to); }, object);
  return message;
}

std::string EncodeList(Wire wire, Kind kind, const std::vector<std::string>& items,
                       std::string_view resource_version, std::string_view continue_token) {
  if (wire == Wire::kJson)
    return fmt::format(
        R"({{"kind":"{}List","apiVersion":"{}","metadata":{{"resourceVersion":"{}","continue":"{}"}},"items":[{}]}})",
        Name(kind), ApiVersion(kind), resource_version, continue_token, fmt::join(items, ","));
  std::string message;
  pbf_writer to(message);
  AddMessage(to, 1, [&](pbf_writer& meta) {
    meta.add_string(1, "");  // selfLink
    meta.add_string(2, resource_version.data(), resource_version.size());
    meta.add_string(3, continue_token.data(), continue_token.size());
  });
  for (const std::string& item : items) to.add_message(2, item);
  return Enveloped(ApiVersion(kind), fmt::format("{}List", Name(kind)), message);
}

std::string EncodeEvent(Wire wire, std::string_view type, Kind kind, std::string_view object) {
  if (wire == Wire::kJson) return Event(wire, type, object);
  return Event(wire, type, Enveloped(ApiVersion(kind), Name(kind), object));
}

std::string EncodeStatus(Wire wire, const Status& status) {
  return wire == Wire::kJson ? Json(status) : Enveloped("v1", "Status", Message(status));
}

std::string EncodeErrorEvent(Wire wire, const Status& status) {
  return Event(wire, "ERROR", EncodeStatus(wire, status));
}

}  // namespace kvs::kube
