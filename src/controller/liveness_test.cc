#include "controller/liveness.h"

#include <gtest/gtest.h>

#include "controller/node_condition.h"
#include "kube/source/source.h"

namespace kvs::controller {
namespace {

using namespace std::chrono_literals;

constexpr std::time_t kClock = 1767225600;  // 2026-01-01T00:00:00Z, at now_ == 0

// A cluster whose agents all run, until a test says otherwise.
class LivenessTest : public testing::Test {
 protected:
  LivenessTest() {
    for (const char* name : {"a", "b", "c", "d", "e", "f", "g"}) Add(name);
    Look();
  }

  void Add(const std::string& name) {
    kube::Node node{.meta = {.name = name}};
    node.ready = {.type = "Ready", .status = "True"};
    node.network_unavailable = {
        .type = "NetworkUnavailable", .status = "False", .reason = reason::kNetworkReady};
    facts_.nodes[name] = node;
    facts_.existing[name].meta.name = name;
    Say(name, "True");
    facts_.pods["kube-system/" + name] = {
        .meta = {.name = "agent-" + name,
                 .ns = "kube-system",
                 .labels = {{"app.kubernetes.io/name", "k-vswitch"},
                            {"app.kubernetes.io/component", "agent"}}},
        .node_name = name,
        .phase = "Running",
        .ready = true};
  }
  kube::Pod& PodOf(const std::string& name) { return facts_.pods.at("kube-system/" + name); }
  // What the VSwitchConfig shows.
  void Say(const std::string& name, const char* status, const std::string& reason = "") {
    facts_.existing[name].status.conditions = {
        {.type = "Ready", .status = status, .reason = reason}};
  }
  // The agent's pod is not Ready.
  void Down(const std::string& name, const char* waits = "ErrImagePull") {
    PodOf(name).ready = false;
    PodOf(name).waits = waits;
  }
  void Lose(const std::string& name) {
    Down(name, "");
    facts_.nodes[name].ready = {
        .type = "Ready", .status = "Unknown", .message = "Kubelet stopped posting node status."};
  }

  void Look() { down_ = Since(facts_, std::move(down_), now_); }
  LivenessChanges After(Time time) {
    Look();
    now_ += time;
    Look();
    return FindLivenessChanges(facts_, down_, now_, kClock + now_.count() / 1000);
  }
  // "a ErrImagePull, b NodeUnreachable", which is reported then.
  std::string ReasonsAfter(Time time) {
    std::string all;
    for (const auto& [name, ready] : After(time).ready) {
      EXPECT_EQ(ready.type + ready.status, "ReadyUnknown");
      all += (all.empty() ? "" : ", ") + name + " " + ready.reason;
      down_.reported[name] = ready;
      Say(name, "Unknown", ready.reason);
    }
    return all;
  }
  std::string LostAfter(Time time) {
    std::string all;
    for (const std::string& name : After(time).network_gone) all += name;
    return all;
  }

  Facts facts_;
  Downtime down_;
  Time now_{0};
};

TEST_F(LivenessTest, ReadyBecomesUnknownAfterAMinute) {
  EXPECT_EQ(ReasonsAfter(1h), "");
  Down("b");
  EXPECT_EQ(ReasonsAfter(59s), "");
  EXPECT_EQ(ReasonsAfter(1s), "b ErrImagePull");
  EXPECT_EQ(ReasonsAfter(1h), "") << "once";
}

TEST_F(LivenessTest, ASecondPodThatIsReadyCounts) {
  kube::Pod another = PodOf("a");
  another.meta.name = "0";
  facts_.pods["kube-system/0"] = another;
  Down("a");
  EXPECT_EQ(ReasonsAfter(1h), "");
}

TEST_F(LivenessTest, WhatWasReadyBetweenStartsAnew) {
  Down("a");
  EXPECT_EQ(ReasonsAfter(50s), "");
  PodOf("a").ready = true;
  Look();
  PodOf("a").ready = false;
  EXPECT_EQ(ReasonsAfter(50s), "");
}

TEST_F(LivenessTest, TheReasonIsTheCause) {
  Down("a", "OOMKilled");
  Down("b", "");
  Lose("c");
  facts_.pods.erase("kube-system/d");
  Down("e", "no word");
  EXPECT_EQ(ReasonsAfter(60s),
            "a OOMKilled, b AgentNotReady, c NodeUnreachable, d NoAgent, e AgentNotReady");
}

TEST_F(LivenessTest, TheMessageSaysSinceWhen) {
  Down("a");
  Lose("b");
  PodOf("b").ready_changed = kClock - 60;
  facts_.pods.erase("kube-system/c");
  now_ += 10s;
  const auto ready = After(60s).ready;
  EXPECT_EQ(ready.at("a").message,
            "the agent's pod kube-system/agent-a has not been Ready since 2026-01-01T00:00:10Z: "
            "ErrImagePull; see: kubectl -n kube-system describe pod agent-a");
  EXPECT_EQ(ready.at("b").message,
            "the agent's pod kube-system/agent-b has not been Ready since 2025-12-31T23:59:00Z; "
            "its node doesn't report: Kubelet stopped posting node status.");
  EXPECT_EQ(ready.at("c").message,
            "this node has had no agent pod since 2026-01-01T00:00:10Z; see: kubectl -n "
            "kube-system describe daemonset k-vswitchd");
  EXPECT_EQ(ready.at("a").last_transition_time, "2026-01-01T00:01:10Z");
}

TEST_F(LivenessTest, AnAgentThatRunsSaysItself) {
  Down("a", "");
  Say("a", "False", "NotServing");
  Down("b", "OOMKilled");
  Say("b", "False", "NotServing");
  Lose("c");
  Say("c", "False", "NotServing");
  EXPECT_EQ(ReasonsAfter(60s), "b OOMKilled, c NodeUnreachable");
}

TEST_F(LivenessTest, AnAgentThatWritesAgainIsBelieved) {
  Down("a", "");
  EXPECT_EQ(ReasonsAfter(60s), "a AgentNotReady");
  Say("a", "True");
  EXPECT_EQ(ReasonsAfter(1h), "");
  PodOf("a").ready = true;
  Look();
  Down("a");
  EXPECT_EQ(ReasonsAfter(60s), "a ErrImagePull") << "it was there, and is away again";
}

TEST_F(LivenessTest, ANodeThatComesBackWithoutItsAgentIsToldAgain) {
  Lose("a");
  EXPECT_EQ(ReasonsAfter(60s), "a NodeUnreachable");
  facts_.nodes["a"].ready->status = "True";
  PodOf("a").waits = "ErrImagePull";
  EXPECT_EQ(ReasonsAfter(1s), "a ErrImagePull");
  PodOf("a").waits = "ImagePullBackOff";
  EXPECT_EQ(ReasonsAfter(1h), "");
}

TEST_F(LivenessTest, AnotherControllerTellsNothingTwice) {
  Down("a");
  EXPECT_EQ(ReasonsAfter(60s), "a ErrImagePull");
  down_ = {};
  EXPECT_EQ(ReasonsAfter(1h), "");
}

TEST_F(LivenessTest, NobodyIsJudgedWhereAgentsAreNoPods) {
  facts_.pods.clear();
  down_ = {};
  EXPECT_EQ(ReasonsAfter(1h), "");
  kube::Pod other{.meta = {.name = "web", .ns = "default"}, .node_name = "a"};
  facts_.pods["default/web"] = other;
  EXPECT_EQ(ReasonsAfter(1h), "");
}

TEST_F(LivenessTest, NobodyIsJudgedWhileTheApiServerDoesNotTell) {
  Lose("a");
  EXPECT_EQ(ReasonsAfter(59s), "");
  facts_.problems = {{kube::kApiServer, "Pod", "refused"}};
  EXPECT_EQ(ReasonsAfter(1h), "");
  facts_.problems.clear();
  EXPECT_EQ(ReasonsAfter(59s), "") << "it begins anew";
  EXPECT_EQ(ReasonsAfter(1s), "a NodeUnreachable");
}

TEST_F(LivenessTest, ANodeLosesItsNetworkAfterFiveMinutesWithItsAgent) {
  Lose("a");
  Down("b");  // its Node is Ready
  Lose("c");
  PodOf("c").ready = true;
  EXPECT_EQ(ReasonsAfter(60s), "a NodeUnreachable, b ErrImagePull");
  EXPECT_EQ(LostAfter(239s), "");
  EXPECT_EQ(LostAfter(1s), "a");
  EXPECT_EQ(LostAfter(1h), "a");
}

TEST_F(LivenessTest, TheNodeItselfMustBeAwayForFiveMinutesToo) {
  Down("a");
  EXPECT_EQ(ReasonsAfter(290s), "a ErrImagePull");
  Lose("a");
  EXPECT_EQ(ReasonsAfter(100s), "a NodeUnreachable");
  EXPECT_EQ(LostAfter(199s), "");
  EXPECT_EQ(LostAfter(1s), "a");
}

TEST_F(LivenessTest, ANetworkThatWeNeverSaidIsThereIsNotLost) {
  Lose("a");
  facts_.nodes["a"].network_unavailable.reset();
  Lose("b");
  facts_.nodes["b"].network_unavailable->reason = "KVSwitchWaits";
  EXPECT_EQ(ReasonsAfter(60s), "a NodeUnreachable, b NodeUnreachable");
  EXPECT_EQ(LostAfter(1h), "");
}

TEST_F(LivenessTest, NoMoreThanAThirdOfTheNodesLoseTheirNetwork) {
  for (const auto& [name, node] : std::map(facts_.nodes)) Lose(name);
  EXPECT_NE(ReasonsAfter(60s), "");
  EXPECT_EQ(LostAfter(1h), "ab") << "two of seven";
  facts_.nodes["a"].network_unavailable->reason = reason::kAgentGone;
  EXPECT_EQ(LostAfter(1h), "b");
  facts_.nodes["b"].network_unavailable->reason = reason::kAgentGone;
  EXPECT_EQ(LostAfter(1h), "");
  facts_.nodes["a"].network_unavailable->reason = reason::kNetworkReady;
  PodOf("a").ready = true;
  EXPECT_EQ(LostAfter(0s), "c");
}

TEST_F(LivenessTest, TheNodesConditionFollowsAnUnknownReadyOnlyWhenTold) {
  const auto wanted = [&](bool gone) {
    return NetworkConditionToWrite(facts_.nodes["a"], facts_.existing["a"], gone, "T");
  };
  Say("a", "Unknown", "NodeUnreachable");
  EXPECT_EQ(wanted(false), std::nullopt);
  ASSERT_NE(wanted(true), std::nullopt);
  EXPECT_EQ(wanted(true)->status + wanted(true)->reason, std::string("True") + reason::kAgentGone);
  facts_.nodes["a"].network_unavailable = wanted(true);
  Say("a", "True");
  EXPECT_EQ(wanted(false)->reason, reason::kNetworkReady);
}

}  // namespace
}  // namespace kvs::controller
