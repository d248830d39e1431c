#include "cli/inspect/version.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "cli/terminal/json_at.h"
#include "cli/testing/fake_kubectl.h"

namespace kvs::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(VersionOfImage, IsItsTag) {
  EXPECT_EQ(VersionOfImage("ghcr.io/k-vswitch/k-vswitch:v0.1.0"), "0.1.0");
  EXPECT_EQ(VersionOfImage("here:5000/k-vswitch:v0.2.0-rc1@sha256:0123"), "0.2.0-rc1");
  EXPECT_EQ(VersionOfImage("k-vswitch:latest"), "latest");
  EXPECT_EQ(VersionOfImage("here:5000/k-vswitch"), "unknown");
  EXPECT_EQ(VersionOfImage(""), "unknown");
}

TEST(SkewWarnings, KvsShouldBeOfTheAgentsVersion) {
  EXPECT_THAT(SkewWarnings("0.1.0", {"0.1.0"}, {{"a", "0.1.0"}, {"b", "unknown"}}), IsEmpty());
  EXPECT_THAT(SkewWarnings("0.1.0", {}, {{"a", "0.1.0"}, {"b", "0.2.0"}, {"c", "0.2.0"}}),
              ElementsAre("kvs is version 0.1.0, the agents on b, c are version 0.2.0; use the kvs "
                          "of the agents' version"));
}

TEST(SkewWarnings, AgentsMayBeOneMinorVersionBehindTheController) {
  const auto warned = [](const char* controller, const char* agent) {
    return !SkewWarnings(agent, {controller}, {{"a", agent}}).empty();
  };
  EXPECT_FALSE(warned("0.2.0", "0.1.3"));
  EXPECT_FALSE(warned("0.2.1", "0.2.0"));
  EXPECT_FALSE(warned("latest", "0.2.0")) << "not known";
  EXPECT_FALSE(warned("0.2.0", "unknown"));
  EXPECT_TRUE(warned("0.3.0", "0.1.0"));
  EXPECT_TRUE(warned("1.1.0", "0.1.0"));
  EXPECT_TRUE(warned("0.2.0", "0.2.1"));
  EXPECT_TRUE(warned("0.2.0", "0.10.0"));
  EXPECT_THAT(
      SkewWarnings("0.1.0", {"0.0.9", "0.0.9"},
                   {{"a", "0.1.0"}, {"b", "0.1.0"}, {"c", "0.1.0"}, {"d", "0.1.0"}}),
      ElementsAre(HasSubstr("agents on a, b, c and 1 more are newer than the controller (version "
                            "0.0.9)")));
}

class VersionTest : public FakeKubectl {
 protected:
  VersionTest() {
    Write("get-pods", kWithController);
    Configs("0.1.0", "0.1.0");
  }
  void Configs(const std::string& first, const std::string& second) {
    Write("get-vswitchconfigs.kvswitch.io",
          R"({"items":[{"metadata":{"name":"node1"},"status":{"agentVersion":")" + first +
              R"("}},{"metadata":{"name":"node2"},"status":{"agentVersion":")" + second +
              R"("}},{"metadata":{"name":"gone"},"status":{"agentVersion":"0.0.1"}}]})");
  }
  ExitCode Run(VersionArguments arguments = {}) {
    arguments.where.context = "prod";
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const ExitCode code = ShowVersion(arguments);
    said_ = testing::internal::GetCapturedStdout();
    error_ = testing::internal::GetCapturedStderr();
    return code;
  }

  static constexpr char kWithController[] = R"({"items":[
    {"metadata":{"name":"k-vswitch-controller-1","labels":{
       "app.kubernetes.io/component":"controller"}},
     "spec":{"nodeName":"cp","containers":[{"image":"ghcr.io/k-vswitch/k-vswitch:v0.1.0"}]},
     "status":{"phase":"Running"}},
    {"metadata":{"name":"agent-a"},"spec":{"nodeName":"node1"},"status":{"phase":"Running"}}]})";
  std::string said_, error_;
};

TEST_F(VersionTest, OfKvsControllerAndEachNodesAgent) {
  EXPECT_EQ(Run(), kOk) << error_;
  EXPECT_EQ(said_,
            "COMPONENT   NODE   VERSION\n"
            "kvs                0.1.0\n"
            "controller  cp     0.1.0\n"
            "agent       node1  0.1.0\n"
            "agent       node2  0.1.0\n");
  EXPECT_EQ(error_, "");
  EXPECT_THAT(Asked(), Not(HasSubstr("exec"))) << "no right to pods/exec is needed";
}

TEST_F(VersionTest, ThoseThatDontGoTogetherAreAWarning) {
  Configs("0.1.0", "0.3.0");
  EXPECT_EQ(Run(), kOk);
  EXPECT_THAT(said_, HasSubstr("agent       node2  0.3.0\n"));
  EXPECT_THAT(error_, HasSubstr("warning: kvs is version 0.1.0, the agents on node2 are version"));
  EXPECT_THAT(error_, HasSubstr("warning: the agents on node2 are newer than the controller"));
}

TEST_F(VersionTest, AsJson) {
  Configs("0.1.0", "");
  EXPECT_EQ(Run({.json = true}), kOk);
  const auto versions = ParseObject(said_, "kvs");
  ASSERT_TRUE(versions) << said_;
  EXPECT_EQ(TextAt(*versions, "/client"), "0.1.0");
  EXPECT_EQ(TextAt(*versions, "/controllers/0/pod"), "k-vswitch-controller-1");
  EXPECT_EQ(TextAt(*versions, "/agents/1/version"), "unknown");
  EXPECT_THAT(ListAt(*versions, "/warnings"), IsEmpty());
}

TEST_F(VersionTest, WithoutAClusterItIsKvs) {
  Remove("get-nodes");
  EXPECT_EQ(Run({.client_only = true}), kOk);
  EXPECT_EQ(said_, "COMPONENT  NODE  VERSION\nkvs              0.1.0\n");
  EXPECT_EQ(Asked(), "");
  EXPECT_EQ(Run(), kUnreachable);
  EXPECT_THAT(said_, HasSubstr("kvs              0.1.0\n"));
  EXPECT_THAT(error_, HasSubstr("error: kubectl get: error: nodes is gone"));
}

}  // namespace
}  // namespace kvs::cli
