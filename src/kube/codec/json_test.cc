#include "kube/codec/json.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/json.hpp>

#include "kube/codec/yaml.h"
#include "kube/testing/arbitrary.h"

namespace kvs::kube {
namespace {

// The object in the YAML, or its problems, a line each.
std::string Problems(Kind kind, const std::string& text) {
  const Documents documents = ParseYaml(text);
  EXPECT_FALSE(documents.fault) << text;
  const Decoded decoded = Decode(kind, documents.all.at(0).value);
  EXPECT_NE(decoded.object.has_value(), !decoded.problems.empty());
  std::string all;
  for (const Problem& problem : decoded.problems) all += problem.ToString() + "\n";
  return all;
}

template <class T>
T Good(const std::string& text) {
  const Decoded decoded = Decode(T::kKind, ParseYaml(text).all.at(0).value);
  for (const Problem& problem : decoded.problems) ADD_FAILURE() << problem.ToString();
  return decoded.object ? std::get<T>(*decoded.object) : T{};
}

TEST(Decode, Node) {
  const Node node = Good<Node>(R"(
metadata: {name: node1, uid: u1, resourceVersion: "77", generation: 3, labels: {a: b},
           annotations: {kvswitch.io/overlay-ip: 10.0.0.9}, managedFields: [{x: 1}]}
spec: {podCIDR: 10.1.1.0/24, podCIDRs: [10.1.1.0/24, "fd00::/64"], taints: []}
status:
  addresses:
  - {type: InternalIP, address: 192.168.1.11}
  - {type: Hostname, address: node1}
)");
  EXPECT_EQ(node, (Node{.meta = {.name = "node1",
                                 .uid = "u1",
                                 .resource_version = "77",
                                 .generation = 3,
                                 .labels = {{"a", "b"}},
                                 .annotations = {{"kvswitch.io/overlay-ip", "10.0.0.9"}}},
                        .pod_cidrs = {"10.1.1.0/24", "fd00::/64"},
                        .addresses = {{"InternalIP", "192.168.1.11"}, {"Hostname", "node1"}}}));
  EXPECT_EQ(Good<Node>("{metadata: {name: a}, spec: {podCIDR: 10.1.0.0/24}}").pod_cidrs,
            std::vector<std::string>{"10.1.0.0/24"});
  EXPECT_TRUE(Good<Node>("{metadata: {name: a}, spec: null, status: ~}").pod_cidrs.empty());
}

TEST(Decode, Pod) {
  const Pod pod = Good<Pod>(R"(
metadata: {name: web-1, namespace: shop, labels: {app: web}, deletionTimestamp: "2026-01-01T00:00:00Z"}
spec:
  nodeName: node1
  hostNetwork: true
  containers:
  - ports: [{name: http, containerPort: 8080}, {containerPort: 53, protocol: UDP}]
  initContainers:
  - {ports: [{containerPort: 1}]}
  - {restartPolicy: Always, ports: [{name: mesh, containerPort: 15001}]}
status: {phase: Running, podIP: 10.1.1.5, podIPs: [{ip: 10.1.1.5}, {ip: "fd00::5"}]}
)");
  EXPECT_EQ(
      pod,
      (Pod{.meta = {.name = "web-1", .ns = "shop", .deleting = true, .labels = {{"app", "web"}}},
           .node_name = "node1",
           .host_network = true,
           .ports = std::vector<ContainerPort>{{"http", 8080}, {"", 53, "UDP"}, {"mesh", 15001}},
           .phase = "Running",
           .pod_ips = {*Ip::Parse("10.1.1.5"), *Ip::Parse("fd00::5")}}));
  EXPECT_EQ(pod.meta.key(), "shop/web-1");
  EXPECT_EQ(Good<Pod>("metadata: {name: a}").meta.key(), "default/a");
  EXPECT_EQ(Good<Pod>("{metadata: {name: a}, status: {podIP: 10.0.0.1}}").pod_ips.size(), 1u);
}

TEST(Decode, WhyAPodDoesNotRun) {
  const auto waits = [](const std::string& status) {
    return Good<Pod>("{metadata: {name: a}, status: {" + status + "}}").waits;
  };
  const std::string pulls = "{state: {waiting: {reason: ErrImagePull}}}";
  const std::string starts = "{state: {waiting: {reason: PodInitializing}}}";
  const std::string crashes = "{state: {waiting: {reason: CrashLoopBackOff}}, lastState: ";
  const std::string runs = "{state: {running: {startedAt: \"2026-01-01T00:00:00Z\"}}}";
  const std::string done = "{state: {terminated: {exitCode: 0, reason: Completed}}}";
  EXPECT_EQ(waits("initContainerStatuses: [" + done + "], containerStatuses: [" + runs + "]"), "");
  EXPECT_EQ(waits("initContainerStatuses: [" + pulls + "], containerStatuses: [" + starts + "]"),
            "ErrImagePull");
  EXPECT_EQ(waits("containerStatuses: [" + starts + ", " + pulls + "]"), "ErrImagePull");
  EXPECT_EQ(waits("containerStatuses: [" + crashes + "{terminated: {reason: OOMKilled}}}]"),
            "OOMKilled");
  EXPECT_EQ(waits("containerStatuses: [" + crashes + "{terminated: {reason: Error}}}]"),
            "CrashLoopBackOff");
  EXPECT_EQ(waits("containerStatuses: [{state: {terminated: {reason: Error}}}]"), "Error");
  EXPECT_EQ(waits("phase: Failed, reason: Evicted"), "Evicted");
  const Pod pod = Good<Pod>(
      "{metadata: {name: a}, status: {conditions: [{type: Initialized, status: \"False\"}, {type: "
      "Ready, status: \"True\", lastTransitionTime: \"2026-01-01T00:00:00Z\"}]}}");
  EXPECT_TRUE(pod.ready);
  EXPECT_EQ(pod.ready_changed, 1767225600);
}

TEST(Encode, ANodesConditionSaysWhenItWasLookedAt) {
  const Node node{
      .meta = {.name = "a"},
      .network_unavailable = Condition{.type = "NetworkUnavailable", .last_transition_time = "T"}};
  EXPECT_EQ(boost::json::serialize(Encode(node).at("status")),
            R"({"conditions":[{"type":"NetworkUnavailable","lastTransitionTime":"T",)"
            R"("lastHeartbeatTime":"T"}]})");
}

TEST(Decode, VSwitchConfig) {
  const auto config = Good<VSwitchConfig>(R"(
metadata: {name: node1}
spec:
  podCIDR: 10.1.1.0/24
  clusterCIDRs: [10.1.0.0/16, "fd00::/48"]
  overlayIPs: [192.168.1.11]
  overlayType: geneve
  metadataAccess: deny
  maxConnectionsPerPod: 50000
  sources: {podCIDRs: Node.spec.podCIDRs}
status:
  mtu: 1450
  conditions: [{type: Ready, status: "True", observedGeneration: 4}]
)");
  EXPECT_EQ(config.spec.pod_cidrs, std::vector{*Prefix::Parse("10.1.1.0/24")});
  EXPECT_EQ(config.spec.cluster_cidrs.size(), 2u);
  EXPECT_EQ(config.spec.overlay_type, OverlayType::kGeneve);
  EXPECT_EQ(config.spec.metadata_access, MetadataAccess::kDeny);
  EXPECT_EQ(config.spec.max_connections_per_pod, 50000);
  EXPECT_EQ(config.status.mtu, 1450);
  EXPECT_EQ(config.status.pods, std::nullopt);
  ASSERT_NE(FindCondition(config.status.conditions, "Ready"), nullptr);
  EXPECT_EQ(FindCondition(config.status.conditions, "Ready")->observed_generation, 4);
  EXPECT_EQ(FindCondition(config.status.conditions, "Accepted"), nullptr);
}

struct Told {
  Kind kind;
  const char* text;
  const char* problems;
};

TEST(Decode, SaysWhatIsWrongWhereAndWhatToDo) {
  for (const auto& [kind, text, problems] : {
           Told{Kind::kPod, "{}", "Pod metadata.name: missing: every object needs a name\n"},
           {Kind::kPod, "metadata: {name: \"\"}",
            "Pod metadata.name: missing: every object needs a name\n"},
           {Kind::kPod, "metadata: []",
            "Pod metadata: expected a map, got a list\n"
            "Pod metadata.name: missing: every object needs a name\n"},
           {Kind::kPod, "metadata: {name: A_b}",
            "Pod metadata.name: \"A_b\" is not a name; use lower-case letters, digits, '-' and "
            "'.', beginning and ending with a letter or digit, at most 253\n"},
           {Kind::kNode, "metadata: {name: ../../etc/passwd}",
            "Node metadata.name: \"../../etc/passwd\" is not a name; use lower-case letters, "
            "digits, '-' and '.', beginning and ending with a letter or digit, at most 253\n"},
           {Kind::kPod, "metadata: {name: a, namespace: b.c}",
            "Pod/b.c/a metadata.namespace: \"b.c\" is not a namespace; use lower-case letters, "
            "digits and '-', at most 63\n"},
           {Kind::kPod, "metadata: {name: a, labels: {x: 5, y: yes}}",
            "Pod/default/a metadata.labels.x: expected a string, got the number 5; put it in "
            "quotes\n"
            "Pod/default/a metadata.labels.y: expected a string, got the boolean true; put it in "
            "quotes\n"},
           {Kind::kPod, "{metadata: {name: a}, spec: {hostNetwork: \"yes\", nodeName: [n]}}",
            "Pod/default/a spec.nodeName: expected a string, got a list\n"
            "Pod/default/a spec.hostNetwork: expected true or false, got the string \"yes\"\n"},
           {Kind::kPod,
            "{metadata: {name: a}, spec: {containers: [{ports: [{containerPort: http}]}, 5, "
            "{ports: [{}, {containerPort: 70000}, {containerPort: 1, protocol: tcp}]}]}}",
            "Pod/default/a spec.containers[0].ports[0].containerPort: expected a whole number "
            "from 1 to 65535, got the string \"http\"\n"
            "Pod/default/a spec.containers[1]: expected a map, got the number 5\n"
            "Pod/default/a spec.containers[2].ports[0].containerPort: missing: every port needs a "
            "number\n"
            "Pod/default/a spec.containers[2].ports[1].containerPort: expected a whole number "
            "from 1 to 65535, got the number 70000\n"
            "Pod/default/a spec.containers[2].ports[2].protocol: \"tcp\" is not TCP, UDP or "
            "SCTP\n"},
           {Kind::kPod, "{metadata: {name: a}, status: {podIPs: [{ip: 10.1}, {ip: 10.1.1.300}]}}",
            "Pod/default/a status.podIPs[0].ip: expected a string, got the number 1.01E1; put it "
            "in quotes\n"
            "Pod/default/a status.podIPs[1].ip: \"10.1.1.300\" is not an IP address\n"},
           {Kind::kNode, "{metadata: {name: a}, spec: {podCIDR: x, podCIDRs: [q]}}",
            "Node/a spec.podCIDR: \"x\" is not the first of podCIDRs (\"q\"); make them equal\n"},
           {Kind::kNode, "{metadata: {name: a}, spec: {podCIDRs: 10.1.0.0/24}}",
            "Node/a spec.podCIDRs: expected a list, got the string \"10.1.0.0/24\"\n"},
           {Kind::kConfigMap, "{metadata: {name: a}, data: {clusterCIDR: [10.0.0.0/8]}}",
            "ConfigMap/default/a data.clusterCIDR: expected a string, got a list\n"},
           {Kind::kVSwitchConfig,
            "{metadata: {name: a}, spec: {podCIDRs: [10.1.0.0/24, 10.2.0.0/24], overlayType: vlan, "
            "metadataAccess: Deny, maxConnectionsPerPod: -1, overlayIP: x}}",
            "VSwitchConfig/a spec.overlayIP: \"x\" is not an IP address\n"
            "VSwitchConfig/a spec.podCIDRs: more than one entry of a family; keep one IPv4 and "
            "one IPv6\n"
            "VSwitchConfig/a spec.overlayType: \"vlan\" is unknown; use auto, vxlan, gre, geneve "
            "or none\n"
            "VSwitchConfig/a spec.metadataAccess: \"Deny\" is unknown; use allow or deny\n"
            "VSwitchConfig/a spec.maxConnectionsPerPod: expected a whole number from 0 to "
            "4294967295, got the number -1\n"},
           {Kind::kVSwitchConfig,
            "{metadata: {name: a}, status: {mtu: -1, conditions: [{type: A}, {type: A}, {}]}}",
            "VSwitchConfig/a status.conditions[2].type: missing: every condition needs a type\n"
            "VSwitchConfig/a status.conditions: two conditions of type \"A\"\n"
            "VSwitchConfig/a status.mtu: expected a whole number from 0 to 9223372036854775807, "
            "got the number -1\n"},
       })
    EXPECT_EQ(Problems(kind, text), problems) << text;
}

TEST(IsName, FollowsTheApiServer) {
  for (const char* good : {"a", "a-b", "node1.example.com", "1", "a.1-b"})
    EXPECT_TRUE(IsName(good)) << good;
  for (const char* bad : {"", "-a", "a-", ".", "a.", ".a", "a..b", "A", "a/b", "a_b", "a b"})
    EXPECT_FALSE(IsName(bad)) << bad;
  EXPECT_TRUE(IsName(std::string(253, 'a')));
  EXPECT_FALSE(IsName(std::string(254, 'a')));
}

RC_GTEST_PROP(Encode, IsReadBackAsItWas, ()) {
  const Object object = AnyObject();
  const Documents documents = ParseYaml(PrintYaml(Encode(object)));
  RC_ASSERT(!documents.fault);
  const Decoded decoded = Decode(KindOf(object), documents.all.at(0).value);
  for (const Problem& problem : decoded.problems) RC_FAIL(problem.ToString());
  RC_ASSERT(*decoded.object == object);
}

}  // namespace
}  // namespace kvs::kube
