#include "cli/inspect/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "cli/inspect/cluster_status.h"
#include "cli/terminal/json_at.h"
#include "cli/testing/fake_kubectl.h"

namespace kvs::cli {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class ClusterStatusTest : public FakeKubectl {
 protected:
  ClusterStatusTest() {
    Write("version--o", R"({"serverVersion":{"gitVersion":"v1.37.0"}})");
    Write("get-daemonset_k-vswitchd", kObjects);
    Write("get-vswitchconfigs.kvswitch.io", R"({"items":[]})");
    for (const char* node : {"1", "2"}) Agent(node);
  }

  // What the agent of node `number` says.
  void Agent(const std::string& number, const std::string& problems = "", int mtu = 1450) {
    Answers(number == "1" ? "agent-a" : "agent-b", "/v1/status",
            fmt::format(R"({{"node":"node{}","version":"0.1.0","ready":{},"problems":[{}],
              "pods":20,"network":{{"overlay":"vxlan","mtu":{},"datapath":"system"}},
              "switch":{{"ovsVersion":"3.1.0","flows":4000,"synced":true,"repairs":1}}}})",
                        number, problems.empty(), problems, mtu));
  }
  ExitCode Run(StatusArguments arguments = {}) {
    arguments.where.context = "prod";
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const ExitCode code = ShowStatus(arguments);
    said_ = testing::internal::GetCapturedStdout();
    error_ = testing::internal::GetCapturedStderr();
    return code;
  }

  static constexpr char kObjects[] = R"({"items":[{"kind":"DaemonSet"},
    {"kind":"Deployment","spec":{"replicas":1},"status":{"readyReplicas":1}},
    {"kind":"Lease","spec":{"holderIdentity":"k-vswitch-controller-0"}}]})";
  static constexpr char kDown[] =
      R"({"object":"OVSDB","field":"connection","message":"refused; try: systemctl status ovs"})";

  std::string said_, error_;
};

TEST_F(ClusterStatusTest, WhatAnAgentSaysStaysOnItsLine) {
  Agent("2", R"({"object":"OVSDB","field":"x","message":"\u001b[2Jgone\nOK  all is well\u009b"})");
  EXPECT_EQ(Run(), kFailed);
  EXPECT_THAT(said_, HasSubstr("OVSDB x: \\u001b[2Jgone\\nOK  all is well\\u009b\n")) << said_;
  EXPECT_EQ(Run({.json = true}), kFailed);
  EXPECT_THAT(said_, HasSubstr("\\u001b[2Jgone\\nOK  all is well\\u009b\""));
  Answers("agent-b", "/v1/status", "\x1b[2J", 500);
  EXPECT_EQ(Run({.where = {.node = "node2"}, .json = true}), kUnreachable);
  EXPECT_THAT(error_, Not(HasSubstr("\x1b")));
}

TEST_F(ClusterStatusTest, AllIsWell) {
  EXPECT_EQ(Run(), kOk) << error_;
  EXPECT_EQ(said_,
            "OK  k-vswitch 0.1.0, Kubernetes v1.37.0: 2 nodes, 40 pods\n"
            "  controller  1 of 1 ready, leader k-vswitch-controller-0\n"
            "  agents      2 of 2 ready\n"
            "  overlay     vxlan, MTU 1450\n"
            "  switches    OVS 3.1.0 (system)\n"
            "  flows       8000 in sync, 2 repaired\n");
}

TEST_F(ClusterStatusTest, WhatNodesDontHaveInCommonIsCounted) {
  Agent("2", "", 8950);
  EXPECT_EQ(Run(), kOk) << error_;
  EXPECT_THAT(said_, HasSubstr("vxlan, MTU 1450 (1 node), vxlan, MTU 8950 (1 node)\n"));
}

TEST_F(ClusterStatusTest, AProblemOfManyNodesIsOneLine) {
  for (const char* node : {"1", "2"}) Agent(node, kDown);
  EXPECT_EQ(Run(), kFailed);
  EXPECT_THAT(said_, StartsWith("NOT OK  k-vswitch 0.1.0"));
  EXPECT_THAT(said_, HasSubstr("  agents      0 of 2 ready\n"));
  EXPECT_THAT(said_, HasSubstr("\n  node1, node2  OVSDB connection: refused; try: systemctl"));

  std::string nodes, pods;
  for (int i = 0; i < 10; ++i) {
    nodes += fmt::format(R"(,{{"metadata":{{"name":"n{}"}}}})", i);
    pods += fmt::format(
        R"(,{{"metadata":{{"name":"p{}"}},"spec":{{"nodeName":"n{}"}},"status":{{"phase":"Pending"}}}})",
        i, i);
  }
  Write("get-nodes", "{\"items\":[" + nodes.substr(1) + "]}");
  Write("get-pods", "{\"items\":[" + pods.substr(1) + "]}");
  EXPECT_EQ(Run(), kFailed);
  EXPECT_THAT(said_, HasSubstr("\n  n0, n1, n2 and 7 more  k-vswitchd pod: its agent does not run "
                               "(Pending); see: kubectl -n kube-system describe pod p0\n"));
}

TEST_F(ClusterStatusTest, ANodeWhoseAgentDoesNotAnswerHidesNoOther) {
  Remove(FileOf("agent-a", "/v1/status"));
  EXPECT_EQ(Run(), kFailed);
  EXPECT_THAT(said_, HasSubstr("  node1  k-vswitchd pod: its agent does not answer: unable to"));
  EXPECT_THAT(said_, HasSubstr("4000 in sync"));
  Remove(FileOf("agent-b", "/v1/status"));
  EXPECT_EQ(Run(), kFailed);
  EXPECT_THAT(said_, StartsWith("NOT OK  k-vswitch, Kubernetes v1.37.0: 2 nodes, 0 pods\n"));
  EXPECT_THAT(said_, HasSubstr("  agents      0 of 2 ready\n  node1, node2  k-vswitchd pod"));
  Agent("2");
  EXPECT_EQ(Run({.json = true}), kFailed);
  const auto status = ParseObject(said_, "kvs");
  ASSERT_TRUE(status) << said_;
  EXPECT_EQ(TextAt(*status, "/ok"), "false");
  EXPECT_EQ(TextAt(*status, "/nodes/node1"), "null");
  EXPECT_EQ(NumberAt(*status, "/nodes/node2/pods"), 20);
  EXPECT_EQ(TextAt(*status, "/problems/0/node"), "node1");
}

TEST_F(ClusterStatusTest, WhatTheControllerRefusedIsTold) {
  Write("get-vswitchconfigs.kvswitch.io", R"({"items":[
    {"metadata":{"name":"gone"},"status":{"conditions":[{"type":"Accepted","status":"False"}]}},
    {"metadata":{"name":"node2"},"status":{"conditions":[
      {"type":"Accepted","status":"False","message":"no InternalIP"}]}}]})");
  EXPECT_EQ(Run(), kFailed);
  EXPECT_THAT(said_, HasSubstr("  node2  VSwitchConfig status.conditions[Accepted]: no Inter"));
  EXPECT_THAT(said_, Not(HasSubstr("gone")));
  // Its agent says so too, and once is enough.
  Agent("2", R"({"object":"VSwitchConfig/node2","field":"status.conditions[Accepted]",
                 "message":"no InternalIP"})");
  EXPECT_EQ(Run(), kFailed);
  EXPECT_EQ(said_.find("no InternalIP"), said_.rfind("no InternalIP"));
}

TEST_F(ClusterStatusTest, WithoutAControllerItIsNotWell) {
  Write("get-daemonset_k-vswitchd", R"({"items":[{"kind":"DaemonSet"},
    {"kind":"Deployment","spec":{"replicas":2},"status":{"readyReplicas":1}}]})");
  EXPECT_EQ(Run(), kFailed);
  EXPECT_THAT(said_, HasSubstr("Deployment/k-vswitch-controller status.readyReplicas: 1 of 2"));
  Write("get-daemonset_k-vswitchd", R"({"items":[{"kind":"DaemonSet"}]})");
  EXPECT_EQ(Run(), kFailed);
  EXPECT_THAT(said_, HasSubstr("Deployment/k-vswitch-controller metadata: missing: kubectl apply"));
}

TEST_F(ClusterStatusTest, ALeaseThatHasEndedNamesNoLeader) {
  const auto lease = [&](const char* renewed) {
    std::string objects = kObjects;
    const std::string holder = R"("holderIdentity")";
    objects.replace(
        objects.find(holder), holder.size(),
        fmt::format(R"("renewTime":"{}","leaseDurationSeconds":15,{})", renewed, holder));
    Write("get-daemonset_k-vswitchd", objects);
  };
  lease("2999-01-01T00:00:00.000000Z");
  EXPECT_EQ(Run(), kOk) << said_;
  lease("2026-01-01T00:00:00.000000Z");
  EXPECT_EQ(Run(), kFailed);
  EXPECT_THAT(said_, HasSubstr("  controller  1 of 1 ready, no leader\n"));
  EXPECT_THAT(said_, HasSubstr("Lease/k-vswitch-controller spec.holderIdentity: no controller"));
}

TEST_F(ClusterStatusTest, WhatKeepsAnAgentFromRunningIsTheCause) {
  const auto pod = [&](const char* status) {
    Write("get-pods", fmt::format(R"({{"items":[
      {{"metadata":{{"name":"agent-a"}},"spec":{{"nodeName":"node1"}},"status":{}}},
      {{"metadata":{{"name":"agent-b"}},"spec":{{"nodeName":"node2"}},
       "status":{{"phase":"Running"}}}}]}})",
                                  status));
    EXPECT_EQ(Run(), kFailed);
  };
  pod(R"({"phase":"Pending",
    "initContainerStatuses":[{"state":{"waiting":{"reason":"ErrImagePull"}}}],
    "containerStatuses":[{"state":{"waiting":{"reason":"PodInitializing"}}}]})");
  EXPECT_THAT(said_, HasSubstr("  node1  k-vswitchd pod: its agent does not run (ErrImagePull); "));
  pod(R"({"phase":"Running","containerStatuses":[{"name":"k-vswitchd",
    "state":{"waiting":{"reason":"CrashLoopBackOff"}},
    "lastState":{"terminated":{"reason":"OOMKilled"}}}]})");
  EXPECT_THAT(said_, HasSubstr("  node1  k-vswitchd pod: its agent does not run (OOMKilled); "));
}

TEST_F(ClusterStatusTest, AnAgentWithAProblemMayBeReady) {
  for (const char* number : {"a", "b"})
    Answers(
        std::string("agent-") + number, "/v1/status",
        R"({"ready":true,"problems":[{"object":"VSwitchConfig/x","field":"f","message":"m"}]})");
  EXPECT_EQ(Run(), kFailed);
  EXPECT_THAT(said_, HasSubstr("  agents      2 of 2 ready\n"));
}

TEST_F(ClusterStatusTest, ABadPeerIsALineOfThatPeer) {
  const char* said =
      R"({"object":"VSwitchConfig/node2","field":"spec.overlayIPs","message":"gone"})";
  for (const char* node : {"1", "2"}) Agent(node, said);
  EXPECT_EQ(Run(), kFailed);
  EXPECT_THAT(said_, HasSubstr("\n  node2  VSwitchConfig spec.overlayIPs: gone\n"));
  EXPECT_EQ(said_.find("gone"), said_.rfind("gone"));
}

TEST_F(ClusterStatusTest, WhatOneNodeSaysHidesNoOther) {
  std::string many = fmt::format(R"({{"object":"o","field":"f","message":"{} "}})",
                                 std::string(size_t{1} << 20, 'm'));
  for (int i = 0; i < 30000; ++i)
    many += fmt::format(R"(,{{"object":"o","field":"f","message":"{}"}})", i);
  Agent("1", many);
  Agent("2", kDown);
  EXPECT_EQ(Run(), kFailed);
  EXPECT_THAT(said_, HasSubstr("\n  node1  o f: 18\n  node2  OVSDB connection: refused; "));
  EXPECT_THAT(said_, HasSubstr("\n  node1  and 29981 more; all: kvs status -o json\n"));
  EXPECT_LT(said_.size(), 4000u);
}

TEST_F(ClusterStatusTest, WhatManyNodesLackIsOneLine) {
  std::string configs;
  for (const char* node : {"node1", "node2"})
    configs += fmt::format(
        R"({0}{{"metadata":{{"name":"{1}"}},"status":{{"conditions":[{{"type":"Accepted",
          "status":"False","message":"Node/{1} status.addresses: none"}}]}}}})",
        configs.empty() ? "" : ",", node);
  Write("get-vswitchconfigs.kvswitch.io", "{\"items\":[" + configs + "]}");
  EXPECT_EQ(Run(), kFailed);
  EXPECT_THAT(said_, HasSubstr("  node1, node2  VSwitchConfig status.conditions[Accepted]: Node "
                               "status.addresses: none\n"));
}

TEST_F(ClusterStatusTest, ThatNobodyServesServicesIsTold) {
  Write("get-service_kubernetes", R"({"spec":{"clusterIPs":["10.96.0.1"]}})");
  Write("unreached-agent-a", "no answer");
  EXPECT_EQ(Run(), kFailed);
  EXPECT_THAT(said_, HasSubstr("\n  Services kube-proxy: Services are not served: there is no "));
  Remove("unreached-agent-a");
  EXPECT_EQ(Run(), kOk) << said_;
  Write("unreached-agent-a", "no answer");
  Write("get-daemonset_kube-proxy", "daemonset.apps/kube-proxy");
  EXPECT_EQ(Run(), kOk) << said_;
}

TEST_F(ClusterStatusTest, SaysHowToInstall) {
  Write("get-daemonset_k-vswitchd", "");
  Write("get-pods", R"({"items":[]})");
  EXPECT_EQ(Run(), kFailed);
  EXPECT_THAT(said_, HasSubstr("deleted, but 1 of 2 nodes still have its network: running pods "));
  Write("get-nodes", R"({"items":[{"metadata":{"name":"node1"}}]})");
  EXPECT_EQ(Run(), kFailed);
  EXPECT_EQ(said_,
            "NOT OK\n  DaemonSet/k-vswitchd metadata: k-vswitch is not installed in this cluster: "
            "kubectl apply -f k-vswitch.yaml\n");
}

class WithoutExecTest : public ClusterStatusTest {
 protected:
  WithoutExecTest() {
    for (const char* agent : {"agent-a", "agent-b"}) Remove(FileOf(agent, "/v1/status"));
    Write(
        "forbidden",
        "Error from server (Forbidden): pods \"agent-a\" is forbidden: User \"eve\" cannot create "
        "resource \"pods/exec\" in API group \"\" in the namespace \"kube-system\"");
    Configs("", R"({"type":"Ready","status":"True"})");
  }
  // With the conditions of node2.
  void Configs(const std::string& more, const std::string& conditions) {
    const auto config = [](const char* name, const std::string& with) {
      return fmt::format(R"({{"metadata":{{"name":"{}"}},"spec":{{"overlayType":"vxlan"}},"status":
          {{"conditions":[{}{{"type":"FlowsSynced","status":"True"}}],"mtu":1450,"pods":20,
          "flows":4000,"datapath":"system","ovsVersion":"3.1.0","agentVersion":"0.1.0"}}}})",
                         name, with.empty() ? "" : with + ",");
    };
    Write("get-vswitchconfigs.kvswitch.io",
          "{\"items\":[" + config("node1", R"({"type":"Ready","status":"True"})") + "," +
              config("node2", conditions + more) + "]}");
  }
};

TEST_F(WithoutExecTest, ItIsWhatAgentsWroteToTheirVSwitchConfigs) {
  EXPECT_EQ(Run(), kOk) << said_ << error_;
  EXPECT_EQ(said_,
            "OK  k-vswitch 0.1.0, Kubernetes v1.37.0: 2 nodes, 40 pods\n"
            "  controller  1 of 1 ready, leader k-vswitch-controller-0\n"
            "  agents      2 of 2 ready\n"
            "  overlay     vxlan, MTU 1450\n"
            "  switches    OVS 3.1.0 (system)\n"
            "  flows       8000 in sync\n"
            "  note        from the VSwitchConfigs, where an agent writes when something changes; "
            "to ask the agents, kvs needs permission pods/exec in kube-system\n");
  EXPECT_EQ(Run({.json = true}), kOk);
  EXPECT_THAT(TextAt(*ParseObject(said_, "kvs"), "/note"), StartsWith("from the VSwitchConfigs"));
}

TEST_F(WithoutExecTest, TheirConditionsSayWhatIsWrong) {
  Configs(R"(,{"type":"Degraded","status":"True","message":"OVSDB connection: refused"})",
          R"({"type":"Ready","status":"False","message":"OVSDB connection: refused"})");
  EXPECT_EQ(Run(), kFailed);
  EXPECT_THAT(said_, HasSubstr("  agents      1 of 2 ready\n"));
  EXPECT_THAT(said_, HasSubstr("\n  node2  VSwitchConfig status.conditions[Degraded]: OVSDB "
                               "connection: refused\n"));
  Configs(
      R"(,{"type":"Degraded","status":"False"})",
      R"({"type":"Ready","status":"Unknown","reason":"OOMKilled","message":"gone since noon"})");
  EXPECT_EQ(Run(), kFailed);
  EXPECT_THAT(said_, HasSubstr("status.conditions[Ready]: gone since noon\n"));
  Configs("", "");
  EXPECT_EQ(Run(), kFailed);
  EXPECT_THAT(said_, HasSubstr("status.conditions[Ready]: no agent has written a status yet\n"));
}

TEST_F(WithoutExecTest, AnAgentThatDoesNotRunIsNamedAllTheSame) {
  Write("get-pods", R"({"items":[
    {"metadata":{"name":"agent-a"},"spec":{"nodeName":"node1"},"status":{"phase":"Running"}}]})");
  EXPECT_EQ(Run(), kFailed);
  EXPECT_THAT(said_, HasSubstr("  node2  k-vswitchd pod: no agent runs on it; see: "));
}

TEST_F(WithoutExecTest, OfOneNodeThePermissionIsNamed) {
  EXPECT_EQ(Run({.where = {.node = "node2"}}), kUnreachable);
  EXPECT_THAT(error_, HasSubstr("error: node2: needs permission pods/exec in kube-system: kvs "));
}

TEST_F(ClusterStatusTest, OfOneNodeItIsItsAgents) {
  EXPECT_EQ(Run({.where = {.node = "node2"}}), kOk) << error_;
  EXPECT_THAT(said_, StartsWith("node2  OK\n"));
  EXPECT_THAT(Asked(), Not(HasSubstr("exec agent-a")));
  Remove(FileOf("agent-b", "/v1/status"));
  EXPECT_EQ(Run({.where = {.node = "node2"}}), kUnreachable);
  EXPECT_THAT(error_, HasSubstr("error: node2: its agent does not answer"));
  Remove("get-nodes");
  EXPECT_EQ(Run(), kUnreachable);
}

TEST_F(ClusterStatusTest, WaitsUntilAllIsWell) {
  Agent("1", kDown);
  EXPECT_EQ(Run({.wait = std::chrono::seconds(1)}), kFailed);
  EXPECT_EQ(error_, "waiting: node1  OVSDB connection: refused; try: systemctl status ovs\n");
  EXPECT_THAT(said_, StartsWith("NOT OK"));
  Agent("1");
  EXPECT_EQ(Run({.wait = std::chrono::hours(1)}), kOk) << "it waits no longer than it must";
}

}  // namespace
}  // namespace kvs::cli
