#include "kube/testing/arbitrary.h"

#include <rapidcheck.h>

namespace kvs::kube {
namespace {

rc::Gen<std::string> AnyName() {
  return rc::gen::container<std::string>(rc::gen::elementOf(std::string("abcxyz019")));
}

// Text that is valid UTF-8, as JSON wants it.
StringMap AnyTextMap() {
  const auto text = rc::gen::container<std::string>(rc::gen::inRange<char>(1, 127));
  return *rc::gen::container<StringMap>(text, text);
}

ObjectMeta AnyMeta(bool namespaced) {
  ObjectMeta meta{.name = "n" + *AnyName(),
                  .labels = TextMap(AnyTextMap()),
                  .annotations = TextMap(AnyTextMap())};
  if (namespaced) meta.ns = ("s" + *AnyName()).substr(0, 63);
  meta.uid = *AnyName();
  meta.resource_version = *AnyName();
  meta.generation = *rc::gen::inRange<int64_t>(0, 1000);
  meta.deleting = *rc::gen::arbitrary<bool>();
  return meta;
}

Ip AnyIp(bool six) {
  if (!six) return Ip4::FromInt(*rc::gen::arbitrary<uint32_t>());
  Ip6 ip;
  for (uint8_t& byte : ip.bytes) byte = *rc::gen::arbitrary<uint8_t>();
  return ip;
}

}  // namespace

Object AnyObject() {
  switch (*rc::gen::inRange(0, 5)) {
    case 0: {
      Node node{AnyMeta(false), {"10.1.1.0/24", *AnyName()}, {{"InternalIP", *AnyName()}}};
      if (*rc::gen::arbitrary<bool>())
        node.network_unavailable = {
            .type = "NetworkUnavailable", .status = "False", .reason = *AnyName()};
      if (*rc::gen::arbitrary<bool>())
        node.ready = {.type = "Ready", .status = "Unknown", .message = *AnyName()};
      return node;
    }
    case 1:
      return Namespace{AnyMeta(false)};
    case 2: {
      Pod pod{.meta = AnyMeta(true), .node_name = *AnyName(), .phase = *AnyName()};
      pod.ports =
          std::vector<ContainerPort>{{*AnyName(), *rc::gen::inRange<uint16_t>(1, 65535), "SCTP"}};
      for (const bool six : *rc::gen::arbitrary<std::vector<bool>>())
        pod.pod_ips.push_back(AnyIp(six));
      pod.ready = *rc::gen::arbitrary<bool>();
      pod.ready_changed = *rc::gen::inRange<int64_t>(0, 4'000'000'000);
      pod.waits = *AnyName();
      return pod;
    }
    case 3:
      return ConfigMap{AnyMeta(true), AnyTextMap()};
    default: {
      VSwitchConfig config{.meta = AnyMeta(false), .node_uid = *AnyName()};
      config.spec.pod_cidrs = {Prefix(AnyIp(false), 24), Prefix(AnyIp(true), 64)};
      config.spec.overlay_ips = {AnyIp(true)};
      config.spec.overlay_type = OverlayType::kGre;
      config.spec.metadata_access = MetadataAccess::kDeny;
      config.spec.max_connections_per_pod = *rc::gen::inRange<int64_t>(0, kMostConnections);
      config.spec.sources = AnyTextMap();
      config.status.conditions = {{"Ready", "True", 5, "2026-01-01T00:00:00Z", "Fine", *AnyName()}};
      config.status.pods = *rc::gen::inRange<int64_t>(0, 1000);
      return config;
    }
  }
}

}  // namespace kvs::kube
