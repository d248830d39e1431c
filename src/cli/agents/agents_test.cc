#include "cli/agents/agents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/testing/fake_kubectl.h"

namespace kvs::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Answer, ComesOutOfAPodAsItWentIn) {
  for (const std::string body : {"", "no line end", "two\nlines\n", "kvs-answer 200 0\n"}) {
    const auto back = Answer::FromWire(Answer{.status = 503, .body = body}.ToWire());
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(back->status, 503);
    EXPECT_EQ(back->body, body);
  }
}

TEST(Answer, APartOfOneIsNone) {
  const std::string wire = Answer{.status = 200, .body = "{\"flows\":[]}"}.ToWire();
  for (size_t size = 0; size < wire.size(); ++size)
    EXPECT_FALSE(Answer::FromWire(wire.substr(0, size))) << size;
  EXPECT_FALSE(Answer::FromWire("kvs-answer 200\n"));
  EXPECT_FALSE(Answer::FromWire("kvs-answer x 1\nx"));
}

class AgentsTest : public FakeKubectl {
 protected:
  static Agents Cluster() { return Agents::Find({.kubeconfig = "/root/kc"}).value(); }
  // What the agent of a node that doesn't answer is said to be.
  static std::string Trouble(const Agents& agents, const std::string& node) {
    const auto answer = agents.Ask(node, "/v1/status");
    return answer ? "it answers" : answer.error().message;
  }
};

TEST_F(AgentsTest, OfAClusterAreThoseOfItsLinuxNodes) {
  Answers("agent-a", "/v1/status", "{\"node\":\"node1\"}");
  Answers("agent-b", "/v1/status", "starting", 503);
  const Agents agents = Cluster();
  EXPECT_THAT(agents.nodes(), ElementsAre("node1", "node2"));
  EXPECT_NE(agents.kubectl(), nullptr);
  const auto answers = agents.AskAll("/v1/status");
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers.at("node1")->body, "{\"node\":\"node1\"}");
  EXPECT_EQ(answers.at("node2")->status, 503);
  EXPECT_THAT(Asked(), HasSubstr("--kubeconfig=/root/kc exec agent-a -n kube-system -c k-vswitchd "
                                 "-- kvs ask --method GET /v1/status\n"));
}

TEST_F(AgentsTest, OneThatAnswersWithoutEndIsNamed) {
  const Agents agents = Cluster();
  Write("kubectl", "#!/bin/bash\nexec yes");
  EXPECT_EQ(Trouble(agents, "node1").substr(0, 45),
            "its agent does not answer: kubectl --kubeconf");
  EXPECT_THAT(Trouble(agents, "node1"), HasSubstr("says more than 64 MiB, which is the most"));
}

TEST_F(AgentsTest, OneNodeIsEnough) {
  const auto agents = Agents::Find({.node = "node2"});
  ASSERT_TRUE(agents) << agents.error().message;
  EXPECT_THAT(agents->nodes(), ElementsAre("node2"));
  const auto none = Agents::Find({.node = "win"});
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("node win: none of the cluster's Linux nodes"));
}

TEST_F(AgentsTest, OneThatDoesNotAnswerSaysWhy) {
  Write("get-pods", R"({"items":[
    {"metadata":{"name":"agent-a"},"spec":{"nodeName":"node1"},"status":{"phase":"Running",
     "containerStatuses":[{"name":"k-vswitchd","state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}
    }]})");
  const Agents agents = Cluster();
  EXPECT_THAT(Trouble(agents, "node1"), HasSubstr("does not run (CrashLoopBackOff)"));
  EXPECT_THAT(Trouble(agents, "node1"), HasSubstr("describe pod agent-a"));
  EXPECT_THAT(Trouble(agents, "node2"), HasSubstr("no agent runs on it"));
  EXPECT_THAT(Asked(), Not(HasSubstr("exec")));

  Write("get-pods", kPods);
  EXPECT_THAT(Trouble(Cluster(), "node1"), HasSubstr("unable to upgrade connection"));
  EXPECT_THAT(Trouble(Cluster(), "node9"), HasSubstr("not among those"));
}

TEST_F(AgentsTest, WithoutAClusterTheErrorIsKubectls) {
  Remove("get-nodes");
  const auto agents = Agents::Find({.context = "prod"});
  ASSERT_FALSE(agents);
  EXPECT_EQ(agents.error().message, "kubectl get: error: nodes is gone");
}

TEST(Kubectl, ItsLogIsNoComplaint) {
  EXPECT_EQ((Kubectl::Answer{.err = "E1127 03:11:42.256382   17750 memcache.go:265] \"Unhandled\"\n"
                                    "The connection to the server was refused\n"}
                 .Complaint()),
            "The connection to the server was refused");
}

TEST_F(AgentsTest, AnAgentsSocketIsAskedWithoutACluster) {
  const auto agents = Agents::Find({.socket = "/nowhere/agent.sock"});
  ASSERT_FALSE(agents);
  EXPECT_THAT(agents.error().message, HasSubstr("no agent on /nowhere/agent.sock"));
  EXPECT_EQ(Asked(), "");
  EXPECT_FALSE(Agents::Find({.lab = "nolab"}));
}

TEST_F(AgentsTest, WithoutKubectlTheRemedyIsTold) {
  Remove("kubectl");
  setenv("PATH", "/nowhere", 1);
  const auto agents = Agents::Find({.context = "prod"});
  ASSERT_FALSE(agents);
  EXPECT_THAT(agents.error().message, HasSubstr("kubectl is not in the PATH"));
}

}  // namespace
}  // namespace kvs::cli
