#include <gtest/gtest.h>

#include "base/file.h"
#include "kube/codec/list_watch.h"

// Bodies of a real API server (testdata/README.md): both wires decode equal, without a problem.
namespace kvs::kube {
namespace {

std::string Body(const std::string& name) {
  const auto body = ReadFile(KVS_TESTDATA "/" + name);
  EXPECT_TRUE(body) << body.error().message;
  return body.value_or("");
}

void ExpectEqual(const Decoded& json, const Decoded& protobuf) {
  for (const Problem& problem : json.problems) ADD_FAILURE() << problem.ToString();
  for (const Problem& problem : protobuf.problems) ADD_FAILURE() << problem.ToString();
  EXPECT_EQ(json.ref, protobuf.ref);
  EXPECT_EQ(json.object, protobuf.object);
}

ListPage List(Kind kind, const std::string& name) {
  const auto json = ParseListJson(kind, Body(name + ".json"));
  auto protobuf = ParseListProtobuf(kind, Body(name + ".pb"));
  EXPECT_TRUE(json) << json.error().message;
  EXPECT_TRUE(protobuf) << protobuf.error().message;
  if (!json || !protobuf) return {};
  EXPECT_EQ(json->resource_version, protobuf->resource_version);
  EXPECT_EQ(json->continue_token, protobuf->continue_token);
  EXPECT_EQ(json->items.size(), protobuf->items.size());
  for (size_t i = 0; i < std::min(json->items.size(), protobuf->items.size()); ++i)
    ExpectEqual(json->items[i], protobuf->items[i]);
  return *std::move(protobuf);
}

template <class T>
T ObjectIn(const ListPage& page, const std::string& key) {
  for (const Decoded& item : page.items)
    if (item.ref && item.ref->key == key) return std::get<T>(item.object.value());
  ADD_FAILURE() << key;
  return {};
}

std::vector<std::string> Frames(Wire wire, const std::string& name) {
  WatchFrames frames(wire);
  std::vector<std::string> found;
  EXPECT_TRUE(frames.Push(Body(name), [&](std::string_view frame) {
    found.emplace_back(frame);
    return Result<>{};
  }));
  EXPECT_TRUE(frames.empty());
  return found;
}

TEST(RealWire, Lists) {
  const ListPage pods = List(Kind::kPod, "pods");
  const auto web = ObjectIn<Pod>(pods, "shop/web-6d5f8bd4c7-00000");
  EXPECT_EQ(web.meta.uid, "39f9134e-fc8f-46a2-b636-efcccfae79bc");
  EXPECT_EQ(web.meta.labels.find("app.kubernetes.io/name")->second, "web");
  EXPECT_EQ(web.meta.annotations.find("prometheus.io/port")->second, "9113");
  EXPECT_EQ(web.node_name, "node1");
  EXPECT_EQ(web.phase, "Running");
  EXPECT_EQ(*web.ports,
            (std::vector<ContainerPort>{
                {"http", 8080}, {"https", 8443}, {"quic", 8443, "UDP"}, {"metrics", 9113}}));
  EXPECT_EQ(web.pod_ips,
            (std::vector{*Ip::Parse("10.244.100.100"), *Ip::Parse("fd00:10:244:1::1000")}));
  const auto mesh = ObjectIn<Pod>(pods, "shop/mesh");
  EXPECT_TRUE(mesh.meta.deleting && mesh.finished());
  EXPECT_EQ(*mesh.ports, (std::vector<ContainerPort>{{"mesh", 15001}, {"", 15002, "SCTP"}}));
  EXPECT_TRUE(ObjectIn<Pod>(pods, "default/host").host_network);
  EXPECT_TRUE(pods.continue_token.empty());

  const ListPage page = List(Kind::kPod, "pods-page");
  EXPECT_EQ(page.items.size(), 1u);
  EXPECT_FALSE(page.continue_token.empty());

  const auto node = ObjectIn<Node>(List(Kind::kNode, "nodes"), "node1");
  EXPECT_EQ(node.pod_cidrs, (std::vector<std::string>{"10.244.1.0/24", "fd00:10:244:1::/64"}));
  EXPECT_EQ(node.addresses, (std::vector<NodeAddress>{{"InternalIP", "192.168.7.11"},
                                                      {"InternalIP", "fd00:7::11"},
                                                      {"Hostname", "node1"}}));

  const auto shop = ObjectIn<Namespace>(List(Kind::kNamespace, "namespaces"), "shop");
  EXPECT_EQ(shop.meta.labels.find("team")->second, "shop");

  const auto map =
      ObjectIn<ConfigMap>(List(Kind::kConfigMap, "configmaps"), "kube-system/k-vswitch");
  EXPECT_EQ(map.data, (StringMap{{"clusterCIDR", "10.244.0.0/16,fd00:10:244::/56"},
                                 {"empty", ""},
                                 {"overlayType", "auto"}}));
}

TEST(RealWire, Watch) {
  const auto json = Frames(Wire::kJson, "watch.json");
  const auto protobuf = Frames(Wire::kProtobuf, "watch.pb");
  ASSERT_EQ(json.size(), protobuf.size());
  std::string types;
  for (size_t i = 0; i < json.size(); ++i) {
    const auto one = ParseWatchEventJson(Kind::kPod, json[i]);
    const auto other = ParseWatchEventProtobuf(Kind::kPod, protobuf[i]);
    ASSERT_TRUE(one) << one.error().message;
    ASSERT_TRUE(other) << other.error().message;
    EXPECT_EQ(one->type, other->type);
    EXPECT_EQ(one->resource_version, other->resource_version);
    EXPECT_FALSE(one->resource_version.empty());
    ExpectEqual(one->object, other->object);
    types += "AMDBE"[static_cast<int>(one->type)];
  }
  EXPECT_EQ(types, "AAABMAMDB");
}

TEST(RealWire, Errors) {
  const Status missing{404, "NotFound", "pods \"nobody\" not found"};
  EXPECT_EQ(ParseStatus(Body("not-found.json")), missing);
  EXPECT_EQ(ParseStatus(Body("not-found.pb")), missing);

  const Status expired{410, "Expired", "too old resource version: 1 (275)"};
  const auto json =
      ParseWatchEventJson(Kind::kPod, Frames(Wire::kJson, "watch-expired.json").at(0));
  const auto protobuf =
      ParseWatchEventProtobuf(Kind::kPod, Frames(Wire::kProtobuf, "watch-expired.pb").at(0));
  ASSERT_TRUE(json && protobuf);
  EXPECT_EQ(json->status, expired);
  EXPECT_EQ(protobuf->status, expired);
}

}  // namespace
}  // namespace kvs::kube
