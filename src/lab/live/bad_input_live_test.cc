#include "lab/live/bad_input_live_test.h"

#include <algorithm>
#include <cstring>
#include <filesystem>

// What people write wrongly.
namespace kvs::lab {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

struct BadNode {
  const char *from, *to;  // in the manifest of node2
  const char *reason, *message;
};

constexpr BadNode kBadNodes[] = {
    {"10.244.2.0/24", "10.244.1.0/24", "PodCIDROverlap",
     "Node/node2 spec.podCIDRs: 10.244.1.0/24 overlaps 10.244.1.0/24 of Node/node1, and is "
     "refused; give one of them another range"},
    {"10.244.2.0/24", "192.168.2.0/24", "PodCIDROutsideCluster",
     "Node/node2 spec.podCIDRs: 192.168.2.0/24 is not within clusterCIDR "
     "10.244.0.0/16,fd00:10:244::/56, and is refused; widen clusterCIDR or give the node another "
     "range"},
    {"10.244.2.0/24", "10.244.2.1/24", "PodCIDRInvalid", "did you mean 10.244.2.0/24?"},
    {"    - 10.244.2.0/24\n    - fd00:10:244:2::/64\n", "      10.244.2.0/24\n", "InvalidNode",
     "Node/node2 spec.podCIDRs: expected a list, got the string"},
    {"10.200.0.2", "10.200.0.1", "OverlayIPDuplicate",
     "Node/node2 status.addresses: 10.200.0.1 is the overlay address of Node/node1 already, and is "
     "refused; give one of them another address"},
    {"10.200.0.2", "10.200.0.400", "OverlayIPInvalid",
     "Node/node2 status.addresses[0].address: \"10.200.0.400\" is not an IP address"},
    {"InternalIP", "internalIP", "OverlayIPMissing",
     "Node/node2 status.addresses: the node has no address of type InternalIP; give it one"},
};

TEST_F(BadInputLiveTest, ABadNodeKeepsWhatItHad) {
  const std::string good = Read(lab_->options().manifests + "/nodes.yaml");
  const size_t second = good.find("---");
  for (const auto& [from, to, reason, message] : kBadNodes) {
    SCOPED_TRACE(to);
    std::string bad = good;
    for (size_t at = second; (at = bad.find(from, at)) != bad.npos; at += std::strlen(to))
      bad.replace(at, std::strlen(from), to);
    Manifest("nodes.yaml", bad);
    EXPECT_TRUE(Told(lab_->node("node2"), message)) << Accepted();
    EXPECT_THAT(Accepted(), HasSubstr(std::string("reason: ") + reason));
    EXPECT_EQ(Problems(), "ok\n") << "node1 has nothing to do with it";
    EXPECT_TRUE(AllReached()) << last_;
    Manifest("nodes.yaml", good);
    ExpectHealthy();
  }
}

struct BadSetting {
  const char *data, *message;
};

constexpr BadSetting kBadSettings[] = {
    {"overlayType: vlan", "data.overlayType: \"vlan\" is unknown; use auto, vxlan, gre, geneve or"},
    {"overlaytype: gre",
     "data.overlaytype: is not a setting; use serviceCIDR, clusterCIDR, overlayType"},
    {"metadataAccess: denied",
     "data.metadataAccess: \"denied\" is unknown; use allow or deny; the last valid value is used"},
    {"maxConnectionsPerPod: many",
     "data.maxConnectionsPerPod: \"many\" is not a number of connections; use a whole number from "
     "0"},
    {"maxConnectionsPerPod: 32768",
     "data.maxConnectionsPerPod: expected a string, got the number 32768; put it in quotes"},
    {"clusterCIDR: 10.244.0.0/33", "data.clusterCIDR: range \"10.244.0.0/33\": the length must be"},
    {"clusterCIDR: 10.96.0.0/12", "data.clusterCIDR: 10.96.0.0/12 for pods overlaps 10.96.0.0/16"},
    {"clusterCIDR: 10.200.0.0/16",
     "data.clusterCIDR: 10.200.0.0/16 contains 10.200.0.1, an address of Node/node1; choose a "
     "range "},
    {"serviceCIDR: 10.200.0.0/16",
     "data.serviceCIDR: 10.200.0.0/16 contains 10.200.0.1, an address of Node/node1; choose a "
     "range "},
    {"serviceCIDR: 10.244.0.0/16",
     "data.serviceCIDR: 10.244.0.0/16 for Services overlaps 10.244.1.0/24, the pod range of "
     "Node/node1"},
    {"clusterCIDR: 10.99.0.0/16", " is not within clusterCIDR 10.99.0.0/16, and stays in use"},
    {"overlayType: [vxlan]", "data.overlayType: expected a string, got a list"},
};

// As after a power cut: the agent's promise is in the database still, and the node is another.
TEST_F(BadInputLiveTest, NobodyGetsAnAddressOfARangeThatIsGone) {
  ASSERT_TRUE(node().Stop("k-vswitchd", SIGKILL));
  Result<> added;
  std::thread adding([&] { added = lab_->AddPod("shop/late", "node1"); });
  EXPECT_TRUE(Eventually([&] {
    return Ask({"ovs-vsctl", "--timeout=5", "--bare", "--columns=name", "find", "interface",
                "external_ids:kvs.pod=shop/late"}) != "";
  }));
  std::string nodes = Read(lab_->options().manifests + "/nodes.yaml");
  const auto replace = [&](std::string_view range, std::string_view by) {
    for (size_t at; (at = nodes.find(range)) != nodes.npos;) nodes.replace(at, range.size(), by);
  };
  replace("10.244.1.0/24", "10.244.9.0/24");
  replace("fd00:10:244:1::/64", "fd00:10:244:9::/64");
  Manifest("nodes.yaml", nodes);
  EXPECT_TRUE(Eventually([&] { return Accepted("node1").find("10.244.9.0/24") != nodes.npos; }));
  EXPECT_TRUE(node().StartAgent());
  adding.join();
  ASSERT_FALSE(added);
  EXPECT_THAT(added.error().message,
              HasSubstr(" is in a former pod range of this node; its present "
                        "ranges are 10.244.9.0/24,fd00:10:244:9::/64"));
  added = lab_->AddPod("shop/late", "node1");
  ASSERT_TRUE(added) << added.error().message;
  EXPECT_THAT(lab_->pods().at("shop/late").ips[0].ToString(), testing::StartsWith("10.244.9."));
  EXPECT_TRUE(Told("2 pods on this node have an address outside of its pod ranges")) << Problems();
  EXPECT_THAT(Problems(), HasSubstr(": shop/web-1 (10.244.1."));
}

// As a plugin does for a delegated IPAM plugin, which knows of nobody.
TEST_F(BadInputLiveTest, NoPodGetsAnAddressOfSomebodyElse) {
  const auto add = [&](const std::string& ip) {
    Do({"ovs-vsctl", "--timeout=5", "add-port", "k-vswitch0", "kvx1", "--", "set", "interface",
        "kvx1", "type=internal", "external_ids:kvs.container=c", "external_ids:kvs.ifname=eth0",
        "external_ids:kvs.netns=/run/netns/c", "external_ids:kvs.ipam=delegated",
        "external_ids:attached-mac=\"02:00:00:00:00:01\"", "external_ids:kvs.ips=\"" + ip + "\""});
  };
  for (const auto& [ip, whose] : {std::pair("10.200.0.2", "is the overlay address of node node2"),
                                  {"fd00:200::2", "is the overlay address of node node2"},
                                  {"10.200.0.77", "is in 10.200.0.0/24 of link "},
                                  {"10.244.2.9", "is in 10.244.2.0/24"},
                                  {"10.96.0.1", "is in 10.96.0.0/16"},
                                  {"169.254.169.254", "is in 169.254.0.0/16"}}) {
    SCOPED_TRACE(ip);
    add(ip);
    const auto error = [&] {
      return Ask(
          {"ovs-vsctl", "--timeout=5", "get", "interface", "kvx1", "external_ids:kvs.error"});
    };
    EXPECT_TRUE(Eventually([&] { return error().find(whose) != std::string::npos; })) << error();
    const char* family = Ip::Parse(ip)->is6() ? "-6" : "-4";
    EXPECT_EQ(Ask({"ip", family, "route", "show", "table", "all", ip}), "") << "no route for it";
    Do({"ovs-vsctl", "--timeout=5", "del-port", "kvx1"});
  }
  ExpectHealthy();
}

TEST_F(BadInputLiveTest, BadSettingsChangeNothing) {
  for (const auto& [data, message] : kBadSettings) {
    SCOPED_TRACE(data);
    Manifest("settings.yaml",
             fmt::format("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: k-vswitch, namespace: "
                         "kube-system}}\ndata: {{{}}}\n",
                         data));
    EXPECT_TRUE(Told(message) && Told(lab_->node("node2"), message)) << Accepted();
    EXPECT_TRUE(AllReached()) << last_;
    fs::remove(lab_->options().manifests + "/settings.yaml");
    ExpectHealthy();
  }
}

TEST_F(BadInputLiveTest, WhatCannotBeReadIsToldAndNotGone) {
  const std::string nodes = Read(lab_->options().manifests + "/nodes.yaml");
  const std::string node = nodes.substr(nodes.find("---"));
  const std::pair<std::string, std::string> files[] = {
      {nodes.substr(0, nodes.rfind("    - fd00")) + "    - 'fd00:10", "nodes.yaml line "},
      {Garbage(3000), "nodes.yaml line 1: "},
      {nodes + node, "Node/node2"},
  };
  for (const auto& [text, message] : files) {
    SCOPED_TRACE(message);
    const size_t before = CountIn(ControllerLog(), message);
    Manifest("nodes.yaml", text);
    EXPECT_TRUE(Eventually([&] { return CountIn(ControllerLog(), message) > before; }))
        << ControllerLog();
    const auto synced = lab_->Sync();
    EXPECT_TRUE(synced) << synced.error().message;
    EXPECT_THAT(lab_->problems(), Not(testing::IsEmpty()));
    EXPECT_EQ(lab_->nodes().size(), 2u);
    EXPECT_TRUE(AllReached()) << last_;
    Manifest("nodes.yaml", nodes);
    ExpectHealthy();
  }
  Manifest("other.yaml", "apiVersion: v1\nkind: Nod\nmetadata: {name: node3}\n");
  EXPECT_TRUE(Eventually([&] {
    return ControllerLog().find("objects of kind v1 Nod are not used here") != std::string::npos;
  }));
  ExpectHealthy();
}

TEST_F(BadInputLiveTest, ARangeWithoutRoomAndAddressesOfOthers) {
  const auto third = [&](const char* range) {
    Manifest("node3.yaml",
             fmt::format("apiVersion: v1\nkind: Node\nmetadata: {{name: node3}}\n"
                         "spec: {{podCIDRs: [{}, 'fd00:10:244:3::/64']}}\nstatus: {{addresses: "
                         "[{{type: InternalIP, address: 10.200.0.3}}, {{type: InternalIP, address: "
                         "'fd00:200::3'}}]}}\n",
                         range));
  };
  const auto sync = [&] {
    const auto done = lab_->Sync();
    return done ? "" : done.error().message;
  };
  third("10.244.3.0/30");
  ASSERT_EQ(sync(), "");
  Node& small = lab_->node("node3");
  const auto on_small = [&](std::vector<std::string> argv) {
    const auto done = exec::Check(small.Here(std::move(argv)));
    ASSERT_TRUE(done) << done.error().message;
  };
  EXPECT_TRUE(Told(small, "10.244.3.0/30 has no room for a pod")) << Problems(small);
  EXPECT_THAT(Accepted("node3"), Not(HasSubstr("- 10.244.3.0/30"))) << "refused is not given";
  EXPECT_TRUE(AllReached()) << last_;

  third("10.244.3.0/29");  // .3 to .6 are for pods
  ExpectHealthy();
  for (int i = 3; i <= 6; ++i)
    on_small({"ip", "address", "add", fmt::format("10.244.3.{}/32", i), "dev", LinkOf(small)});
  const auto added = lab_->AddPod("shop/late", "node3");
  EXPECT_THAT(added ? "added" : added.error().message,
              AllOf(HasSubstr("\"code\":11"), HasSubstr("is an address of the node; take it off")));
  EXPECT_TRUE(AllReached()) << last_;
  for (int i = 3; i <= 6; ++i)
    on_small({"ip", "address", "delete", fmt::format("10.244.3.{}/32", i), "dev", LinkOf(small)});

  for (int i = 3; i <= 5; ++i)
    on_small({"ip", "link", "add", fmt::format("kv{}", i), "type", "veth"});
  EXPECT_EQ(sync(), "");
  ASSERT_TRUE(lab_->pods().contains("shop/late"));
  EXPECT_EQ(lab_->pods().at("shop/late").ips[0].ToString(), "10.244.3.6");
  const auto full = lab_->AddPod("shop/later", "node3");
  EXPECT_THAT(full ? "added" : full.error().message,
              AllOf(HasSubstr("\"code\":11"), HasSubstr("no address is free")));
  EXPECT_TRUE(AllReached()) << last_;
  for (int i = 3; i <= 5; ++i) on_small({"ip", "link", "delete", fmt::format("kv{}", i)});
  EXPECT_EQ(sync(), "");
  ExpectHealthy();
}

TEST_F(BadInputLiveTest, ANodeThatTakesAPodsAddress) {
  const auto pod = std::ranges::find(lab_->pods(), "node1", [](const auto& entry) {
                     return entry.second.node;
                   })->second;
  const std::string address = fmt::format("{}/32", pod.ips[0]);
  Do({"ip", "address", "add", address, "dev", LinkOf(node())});
  EXPECT_TRUE(Told(fmt::format("Pod/{} status.podIPs: {} is an address of the node; take it off",
                               pod.name, pod.ips[0])));
  auto others = lab_->Endpoints();
  std::erase_if(others, [&](const probe::Endpoint& endpoint) { return endpoint.name == pod.name; });
  EXPECT_TRUE(Reached(others)) << last_;
  Do({"ip", "address", "delete", address, "dev", LinkOf(node())});
  ExpectHealthy();
}

TEST_F(BadInputLiveTest, AnUnderlayTooSmallForPods) {
  Do({"ip", "link", "set", LinkOf(node()), "mtu", "1300"});
  EXPECT_TRUE(
      Told(fmt::format("VSwitchConfig/node1 status.mtu: link {} has MTU 1300, which leaves "
                       "1250 to pods; they need 1280: raise the link's MTU",
                       LinkOf(node()))));
  const auto refused = [&] {
    const auto added = lab_->AddPod("shop/late", "node1");
    return added ? "added" : added.error().message;
  }();
  EXPECT_THAT(refused, AllOf(HasSubstr("\"code\":7"), HasSubstr("raise the underlay's")));
  EXPECT_TRUE(AllReached()) << last_;
  Do({"ip", "link", "set", LinkOf(node()), "mtu", "1500"});
  ExpectHealthy();
  EXPECT_TRUE(lab_->Sync());
  ExpectMended();
}

}  // namespace
}  // namespace kvs::lab
