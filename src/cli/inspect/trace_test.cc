#include "cli/inspect/trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "cli/inspect/packet_ends.h"
#include "cli/testing/fake_kubectl.h"

namespace kvs::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// shop/web on node1 has both families, node9 and outside have IPv4 only.
Traced<PacketEnd> Find(const std::string& name) {
  if (name == "shop/web")
    return PacketEnd{"node1", name, {Ip(Ip4{{10, 1, 1, 3}}), Ip::Parse("fd00::3").value()}};
  if (name == "node/node9") return PacketEnd{"node9", "node", {Ip(Ip4{{10, 9, 9, 9}})}};
  if (name == "outside") return PacketEnd{"", "", {Ip(Ip4{{192, 0, 2, 1}})}};
  return tl::unexpected(Failure{kUsage, name + ": there is none"});
}

// "node1 from=shop/web to=10.1.1.3 tcp 80", or what is wrong.
std::string Read(TraceArguments arguments) {
  if (arguments.from.empty()) arguments.from = "shop/web";
  const auto packet = ReadArguments(arguments, Find);
  if (!packet) return fmt::format("exit {}: {}", int{packet.error().code}, packet.error().message);
  return fmt::format("{} {} {} {} {}", packet->node, packet->from, packet->to, packet->protocol,
                     packet->port);
}

TEST(TraceArguments, ATargetIsANameOrAnAddressAndMaybeAPort) {
  EXPECT_EQ(Read({.to = "10.2.2.2"}), "node1 shop/web 10.2.2.2 tcp 80");
  EXPECT_EQ(Read({.to = "10.2.2.2:8080"}), "node1 shop/web 10.2.2.2 tcp 8080");
  EXPECT_EQ(Read({.to = "[fd00::9]:8080"}), "node1 shop/web fd00::9 tcp 8080");
  EXPECT_EQ(Read({.to = "[fd00::9]"}), "node1 shop/web fd00::9 tcp 80");
  EXPECT_EQ(Read({.to = "fd00::9"}), "node1 shop/web fd00::9 tcp 80");
  EXPECT_EQ(Read({.to = "shop/web:81"}), "node1 shop/web 10.1.1.3 tcp 81");
  EXPECT_EQ(Read({.to = "shop/web", .ipv6 = true}), "node1 shop/web fd00::3 tcp 80");
  EXPECT_EQ(Read({.from = "node/node9", .to = "shop/web", .protocol = "udp", .port = 53}),
            "node9 node 10.1.1.3 udp 53");
  EXPECT_EQ(Read({.to = "outside", .protocol = "icmp"}), "node1 shop/web 192.0.2.1 icmp 80");
}

TEST(TraceArguments, WhatIsWrongIsNamed) {
  for (const char* bad : {"10.2.2.2:", "10.2.2.2:0", "10.2.2.2:65536", "shop/web:http",
                          "[fd00::9]80", "[fd00::9]:8x"})
    EXPECT_THAT(Read({.to = bad}), AllOf(HasSubstr("exit 2: "), HasSubstr("a port from 1"))) << bad;
  EXPECT_EQ(Read({.to = "[fd00::9"}), "exit 2: [fd00::9: the bracket is not closed");
  EXPECT_THAT(Read({.to = "10.2.2.2:80", .port = 81}), HasSubstr("give it once"));
  EXPECT_EQ(Read({.to = "shop/no"}), "exit 2: shop/no: there is none");
  EXPECT_EQ(Read({.to = "outside", .ipv6 = true}), "exit 2: outside: has no IPv6 address");
  EXPECT_THAT(Read({.from = "outside", .to = "shop/web"}), HasSubstr("starts at a pod or a node"));
}

// Two agents: a packet to 10.2 goes by node1 and node2.
class FollowTest : public testing::Test {
 protected:
  static constexpr char kFirst[] = R"({"node":"node1","entry":"from shop/web by port kv3","steps":[
      {"table":"route","flow":"ip, priority 124","cookie":"0x1","owner":"route-node of Node/node2",
       "actions":["dec_ttl","output:1"]},
      {"table":"commit","flow":"ip, priority 1","cookie":"0x2","owner":"","actions":[]},
      {"table":"track","flow":"No match.","cookie":"","owner":"","actions":["drop"]}],
      "verdict":"into the tunnel to node2, 10.200.0.2","outcome":"forwarded",
      "next":{"node":"node2","packet":"from=tunnel&ttl=63"}})";

  PacketPath Path() {
    return Follow({.node = "node1", .from = "shop/web", .to = Ip(Ip4{{10, 2, 2, 2}}), .port = 80},
                  [this](const std::string& node, const std::string& path) -> Result<Answer> {
                    asked_ += node + " " + path + "\n";
                    const auto answer = answers_.find(node);
                    if (answer == answers_.end()) return Fail("its agent does not answer");
                    return answer->second;
                  });
  }
  static Answer Ends(const std::string& outcome) {
    return {200,
            R"({"node":"node2","entry":"out of the tunnel from node1","steps":[],"verdict":")" +
                outcome + R"(","outcome":")" + outcome + "\"}"};
  }

  std::map<std::string, Answer> answers_{{"node1", {200, kFirst}}, {"node2", Ends("delivered")}};
  std::string asked_;
};

TEST_F(FollowTest, GoesFromAgentToAgent) {
  const PacketPath path = Path();
  EXPECT_EQ(asked_,
            "node1 /v1/trace?from=shop/web&to=10.2.2.2&protocol=tcp&port=80\n"
            "node2 /v1/trace?from=tunnel&ttl=63\n");
  EXPECT_EQ(path.code(), kOk);
  EXPECT_EQ(ToText(path).string(),
            "node1  from shop/web by port kv3\n"
            "  route      ip, priority 124  [route-node of Node/node2]\n"
            "               dec_ttl\n"
            "               output:1\n"
            "  commit     ip, priority 1  [0x2]\n"
            "  track      No match.\n"
            "               drop\n"
            "  => into the tunnel to node2, 10.200.0.2\n"
            "node2  out of the tunnel from node1\n"
            "  => delivered\n");
}

TEST_F(FollowTest, TheLastHopDecides) {
  for (const auto& [outcome, code] : std::map<std::string, ExitCode>{
           {"delivered", kOk}, {"host", kOk}, {"dropped", kFailed}, {"unknown", kFailed}}) {
    answers_["node2"] = Ends(outcome);
    EXPECT_EQ(Path().code(), code) << outcome;
  }
}

TEST_F(FollowTest, ShowsHowFarItIsKnown) {
  const auto fails = [&](const Answer& answer) {
    answers_["node2"] = answer;
    const PacketPath path = Path();
    EXPECT_EQ(path.hops.size(), 1u);
    return fmt::format("{}: {}", int{path.code()}, path.failure ? path.failure->message : "");
  };
  EXPECT_EQ(fails({400, "ttl: missing\n"}), "2: node2: ttl: missing");
  EXPECT_EQ(fails({503, "no answer\n"}), "3: node2: no answer");
  EXPECT_EQ(fails({404, "/v1/trace is not served here\n"}),
            "3: node2: /v1/trace is not served here");
  EXPECT_THAT(fails({200, "[]"}), HasSubstr("1: node2: "));
  answers_.erase("node2");
  EXPECT_EQ(Path().failure->message, "node2: its agent does not answer");
  EXPECT_EQ(Path().code(), kUnreachable);
}

TEST_F(FollowTest, DoesNotGoRoundForEver) {
  answers_["node2"] = answers_["node1"];
  const PacketPath path = Path();
  EXPECT_EQ(path.hops.size(), 4u);
  EXPECT_EQ(path.code(), kFailed);
  EXPECT_THAT(path.failure->message, HasSubstr("still goes on, to node2"));
}

class ClusterEnds : public FakeKubectl {
 protected:
  // "node1 shop/web 10.1.1.3,fd00::3", or what is wrong.
  std::string At(const std::string& name) {
    const auto end = EndsOfCluster(Kubectl("", ""), "shop")(name);
    if (!end) return fmt::format("exit {}: {}", int{end.error().code}, end.error().message);
    return fmt::format("{} {} {}", end->node, end->from, Join(end->ips));
  }
};

TEST_F(ClusterEnds, AreFoundByKubectl) {
  Write("get-pod_web", R"({"metadata":{"name":"web","namespace":"shop"},"spec":{"nodeName":"node1"},
      "status":{"podIPs":[{"ip":"10.1.1.3"},{"ip":"fd00::3"}]}})");
  Write("get-pod_proxy", R"({"spec":{"nodeName":"node1","hostNetwork":true},
      "status":{"podIPs":[{"ip":"10.200.0.1"}]}})");
  Write("get-service_web", R"({"spec":{"clusterIPs":["10.96.0.7"]}})");
  Write("get-node_node1", R"({"status":{"addresses":[{"type":"Hostname","address":"10.0.0.9"},
      {"type":"InternalIP","address":"10.200.0.1"}]}})");
  EXPECT_EQ(At("web"), "node1 shop/web 10.1.1.3,fd00::3");
  EXPECT_EQ(At("tools/web"), "node1 shop/web 10.1.1.3,fd00::3") << "as the API server says";
  EXPECT_EQ(At("proxy"), "node1 node 10.200.0.1") << "on the host's network";
  EXPECT_EQ(At("svc/shop/web"), "  10.96.0.7") << "no packet starts there";
  EXPECT_EQ(At("node/node1"), "node1 node 10.200.0.1");
  EXPECT_THAT(Asked(),
              AllOf(HasSubstr("get pod/web -o json --ignore-not-found --namespace=tools\n"),
                    HasSubstr("get node/node1 -o json --ignore-not-found\n")));
}

TEST_F(ClusterEnds, WhatIsNotThereIsNamed) {
  Write("get-pod_none", "");
  Write("get-pod_waits", R"({"spec":{},"status":{}})");
  Write("get-service_headless", R"({"spec":{"clusterIPs":["None"]}})");
  EXPECT_EQ(At("none"), "exit 2: pod \"none\" not found in namespace \"shop\"");
  EXPECT_EQ(At("waits"),
            "exit 2: waits: is on no node yet; see: kubectl describe pod -n shop waits");
  EXPECT_EQ(At("svc/shop/headless"),
            "exit 2: svc/shop/headless: has no ClusterIP; name one of its pods");
  EXPECT_THAT(At("away"), HasSubstr("exit 3: kubectl get: error: pod/away is gone"));
}

TEST_F(ClusterEnds, APodIsKnownByItsAddress) {
  Write("get-pod", R"({"items":[
      {"metadata":{"name":"job","namespace":"shop"},"spec":{"nodeName":"node9"},
       "status":{"phase":"Succeeded","podIPs":[{"ip":"10.1.1.3"}]}},
      {"metadata":{"name":"web","namespace":"shop"},"spec":{"nodeName":"node1"},
       "status":{"podIPs":[{"ip":"10.1.1.3"},{"ip":"fd00::3"}]}},
      {"metadata":{"name":"proxy","namespace":"x"},"spec":{"nodeName":"node2","hostNetwork":true},
       "status":{"podIPs":[{"ip":"10.200.0.2"}]}}]})");
  EXPECT_EQ(At("10.1.1.3"), "node1 shop/web 10.1.1.3,fd00::3");
  EXPECT_THAT(Asked(), HasSubstr("get pod -A -o json --field-selector=status.podIP=10.1.1.3\n"));
  EXPECT_THAT(Asked(), Not(HasSubstr("get pod -A -o json\n")));
  EXPECT_EQ(At("fd00:0::3"), "node1 shop/web 10.1.1.3,fd00::3");
  EXPECT_EQ(At("10.200.0.2"), "node2 node 10.200.0.2");
  EXPECT_EQ(At("10.9.9.9"), "exit 2: 10.9.9.9: no pod has this address");
  EXPECT_THAT(Asked(), HasSubstr("get pod -A -o json\n"));
}

TEST_F(ClusterEnds, NamesOfDnsAreResolved) {
  Write("get-service_db", R"({"spec":{"clusterIPs":["10.96.0.8"]}})");
  Write("get-service_away", R"({"spec":{"externalName":"127.1"}})");
  Write("get-pod_127.1", "");
  EXPECT_EQ(At("db.shop.svc"), "  10.96.0.8");
  EXPECT_EQ(At("db.tools.svc.cluster.local"), "  10.96.0.8");
  EXPECT_THAT(Asked(), AllOf(HasSubstr("service/db -o json --ignore-not-found --namespace=shop\n"),
                             HasSubstr("service/db -o json --ignore-not-found --namespace=tools")));
  EXPECT_EQ(At("svc/shop/away"), "  127.0.0.1") << "another name for it";
  EXPECT_EQ(At("127.1"), "  127.0.0.1") << "no pod, but resolved";
}

TEST_F(ClusterEnds, ATraceThroughTheAgentsPods) {
  Write("get-pod_web", R"({"metadata":{"name":"web","namespace":"shop"},"spec":{"nodeName":"node1"},
      "status":{"podIPs":[{"ip":"10.1.1.3"}]}})");
  Answers("agent-a", "/v1/trace?from=shop/web&to=10.2.2.2&protocol=tcp&port=80",
          R"({"node":"node1","verdict":"dropped in table route","outcome":"dropped"})");
  const Agents agents = Agents::Find({.kubeconfig = "/root/kc"}).value();
  const auto ask = [&](const std::string& node, const std::string& path) {
    return agents.Ask(node, path);
  };
  const auto find = EndsOfCluster(*agents.kubectl(), "shop");
  EXPECT_EQ(Trace({.from = "web", .to = "10.2.2.2"}, find, ask), kFailed);
  EXPECT_EQ(Trace({.from = "web", .to = "10.2.2.3"}, find, ask), kUnreachable);
}

// tools/old has an address of a range that was node1's before; shop/web is on node2.
class CutOffTest : public testing::Test {
 protected:
  static Traced<PacketEnd> Find(const std::string& name) {
    if (name == "tools/old") return PacketEnd{"node1", name, {Ip(Ip4{{10, 1, 1, 7}})}};
    return PacketEnd{"node2", name, {Ip(Ip4{{10, 1, 2, 3}})}};
  }
  static std::string Hop(const char* node, const char* outcome) {
    return fmt::format(R"({{"node":"{}","verdict":"{}","outcome":"{}"}})", node, outcome, outcome);
  }
  // "exit 1: why", as printed.
  std::string Told(const char* from, const char* to, const std::string& hop) const {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = Trace({.from = from, .to = to}, Find,
                           [&](const std::string& node, const std::string& path) -> Result<Answer> {
                             if (path != "/v1/status") return Answer{200, hop};
                             return Answer{200, node == "node1" ? status1_ : status2_};
                           });
    testing::internal::GetCapturedStdout();
    return fmt::format("exit {}: {}", code, testing::internal::GetCapturedStderr());
  }

  std::string status1_ = R"({"network":{"podRanges":["10.1.9.0/24"],"overlay":"vxlan"}})";
  std::string status2_ = R"({"network":{"podRanges":["10.1.2.0/24"],"overlay":"vxlan"}})";
};

TEST_F(CutOffTest, APodOutsideItsNodesRangesIsNotReachedFromOthers) {
  const auto why =
      AllOf(HasSubstr("exit 1: "), HasSubstr("tools/old has 10.1.1.7, which is outside the"),
            HasSubstr(" of node1 (10.1.9.0/24)"), HasSubstr("delete the pod"));
  EXPECT_THAT(Told("shop/web", "tools/old", Hop("node2", "host")), why);
  EXPECT_THAT(Told("shop/web", "tools/old", Hop("node2", "dropped")), why);
  EXPECT_THAT(Told("shop/web", "tools/old", Hop("node3", "delivered")), why)
      << "to whom has the address there";
  EXPECT_THAT(Told("tools/old", "shop/web", Hop("node2", "dropped")), why);
}

TEST_F(CutOffTest, WhatArrivesAndWhatOthersDropIsNotPutDownToIt) {
  EXPECT_EQ(Told("tools/new", "tools/old", Hop("node1", "delivered")), "exit 0: ")
      << "on the same node";
  EXPECT_EQ(Told("tools/old", "192.0.2.1", Hop("node1", "host")), "exit 0: ");
  EXPECT_EQ(Told("tools/new", "shop/web", Hop("node2", "dropped")), "exit 1: ");
  status1_ = R"({"network":{"podRanges":["10.1.9.0/24"],"overlay":"none"}})";
  EXPECT_EQ(Told("shop/web", "tools/old", Hop("node2", "host")), "exit 0: ")
      << "the network may know a way";
}

}  // namespace
}  // namespace kvs::cli
