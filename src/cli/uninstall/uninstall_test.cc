#include "cli/uninstall/uninstall.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>

#include "cli/testing/fake_kubectl.h"

namespace kvs::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

class UninstallTest : public FakeKubectl {
 protected:
  UninstallTest() {
    for (const char* agent : {"agent-a", "agent-b"})
      for (const bool plan : {true, false}) Report(agent, plan, kClean);
  }

  static constexpr char kClean[] =
      R"({"node":"x","refused":false,"done":["bridge k-vswitch0 with 2 ports"],"kept":[],"problems":[]})";
  static constexpr char kFull[] =
      R"({"node":"x","refused":true,"done":[],"kept":[],"problems":["pod shop/web is attached"]})";

  static std::string Path(bool plan, bool force) {
    return "/v1/uninstall?dry-run=" + std::to_string(plan) + "&force=" + std::to_string(force);
  }
  void Report(const std::string& agent, bool plan, const std::string& report) {
    const int status = report == kFull ? 409 : 200;
    for (const bool force : {true, false}) Answers(agent, Path(plan, force), report, status);
  }
  ExitCode Run(const UninstallArguments& arguments, bool confirmed = false) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const ExitCode code = UninstallCluster(arguments, [&] {
      ++asked_;
      return confirmed;
    });
    said_ = testing::internal::GetCapturedStdout() + testing::internal::GetCapturedStderr();
    return code;
  }

  std::string said_;
  int asked_ = 0;
};

TEST_F(UninstallTest, CleansNodeByNodeThenDeletesWorkloadsAndThenTheRest) {
  EXPECT_EQ(Run({.yes = true, .kubeconfig = "/root/kc", .context = "prod"}), kOk) << said_;
  EXPECT_EQ(asked_, 0);
  EXPECT_THAT(said_, testing::StartsWith("node1\n  removed      bridge k-vswitch0 with 2 ports\n"
                                         "node2\n  removed      bridge k-vswitch0 with 2 ports\n"
                                         "cluster\n  removed      daemonset.apps/k-vswitchd\n"));
  EXPECT_THAT(said_, Not(HasSubstr("win\n")));
  EXPECT_THAT(said_, HasSubstr("condition NetworkUnavailable of node node1"));
  const std::string asked = Asked();
  EXPECT_THAT(asked, HasSubstr("--kubeconfig=/root/kc --context=prod get nodes"));
  EXPECT_THAT(asked, HasSubstr("exec agent-a -n kube-system -c k-vswitchd -- kvs ask --method POST "
                               "/v1/uninstall?dry-run=0&force=0\n"));
  EXPECT_THAT(asked, Not(HasSubstr("agent-old")));
  EXPECT_LT(asked.find("deployment.apps"), asked.find("customresourcedefinition"));
  EXPECT_THAT(asked, HasSubstr("patch node node1 --subresource=status --type=json -p "
                               R"([{"op":"test","path":"/status/conditions/1/type")"));
}

TEST_F(UninstallTest, NodesAreAskedSideBySide) {
  Write("together", "2");
  EXPECT_EQ(Run({.yes = true}), kOk) << said_;
}

TEST_F(UninstallTest, ChangesNothingWithoutConsent) {
  EXPECT_EQ(Run({.dry_run = true}), kOk) << said_;
  EXPECT_EQ(asked_, 0);
  EXPECT_THAT(said_, HasSubstr("would remove bridge k-vswitch0 with 2 ports"));
  EXPECT_THAT(said_, HasSubstr("would remove serviceaccount/k-vswitchd"));
  EXPECT_EQ(Run({}, false), kFailed);
  EXPECT_EQ(asked_, 1);
  EXPECT_THAT(said_, HasSubstr("would remove bridge"));
  EXPECT_THAT(Asked(), Not(HasSubstr("dry-run=0")));
  EXPECT_THAT(Asked(), Not(HasSubstr("delete --ignore-not-found")));
  EXPECT_EQ(Run({}, true), kOk);
  EXPECT_THAT(Asked(), HasSubstr("dry-run=0"));
}

TEST_F(UninstallTest, AttachedPodsAnywhereStopItBeforeAnythingIsChanged) {
  Report("agent-b", true, kFull);
  EXPECT_EQ(Run({.yes = true}), kFailed);
  EXPECT_THAT(said_, HasSubstr("pod shop/web is attached"));
  EXPECT_THAT(said_, HasSubstr("nothing was changed"));
  EXPECT_THAT(Asked(), Not(HasSubstr("dry-run=0")));
  EXPECT_THAT(Asked(), Not(HasSubstr("delete --ignore-not-found")));
}

TEST_F(UninstallTest, ANodeThatDoesNotAnswerKeepsTheClustersObjects) {
  for (const bool plan : {true, false})
    for (const bool force : {true, false}) Remove(FileOf("agent-b", Path(plan, force)));
  EXPECT_EQ(Run({.yes = true}), kFailed);
  EXPECT_THAT(said_, HasSubstr("node1\n  removed "));
  EXPECT_THAT(said_, HasSubstr("node2\n  problem      its agent does not answer: unable to"));
  EXPECT_THAT(said_, HasSubstr("by hand"));
  EXPECT_THAT(Asked(), Not(HasSubstr("delete --ignore-not-found")));

  EXPECT_EQ(Run({.yes = true, .force = true}), kFailed) << "a node is not clean";
  EXPECT_THAT(Asked(), HasSubstr("dry-run=0&force=1\n"));
  EXPECT_THAT(Asked(), HasSubstr("customresourcedefinition"));
}

TEST_F(UninstallTest, WithoutAnyAgentItSaysWhatToDo) {
  Write("get-pods", R"({"items":[]})");
  EXPECT_EQ(Run({.yes = true}), kFailed);
  EXPECT_THAT(said_, HasSubstr("apply k-vswitch.yaml again first"));
  EXPECT_THAT(Asked(), Not(HasSubstr("delete --ignore-not-found")));
}

// A controller that lives would make VSwitchConfigs again.
TEST_F(UninstallTest, KeepsTheKindAsLongAsWorkloadsLive) {
  Write("stuck", "");
  EXPECT_EQ(Run({.yes = true}), kFailed);
  EXPECT_THAT(said_, HasSubstr("kubectl delete: error: timed out"));
  EXPECT_THAT(Asked(), Not(HasSubstr("customresourcedefinition")));
}

TEST_F(UninstallTest, SaysWhenThereIsNoCluster) {
  Write("get-nodes", "The connection to the server was refused");
  EXPECT_EQ(Run({.yes = true}), kUnreachable);
}

// What is installed, by the manifest and by the controller, is what is deleted.
TEST(OurObjects, AreThoseOfTheManifest) {
  std::set<std::string> installed = {"kube-system lease/k-vswitch-controller"};
  for (const YAML::Node& object : YAML::LoadAllFromFile(KVS_MANIFEST)) {
    if (!object["kind"]) continue;
    std::string kind = object["kind"].as<std::string>();
    std::ranges::transform(kind, kind.begin(), [](char c) { return std::tolower(c); });
    const YAML::Node meta = object["metadata"];
    const std::string ns = meta["namespace"] ? meta["namespace"].as<std::string>() : "";
    installed.insert(ns + " " + kind + "/" + meta["name"].as<std::string>());
  }
  std::set<std::string> deleted;
  for (const ClusterObjects& objects : OurObjects())
    for (const std::string& name : objects.names)
      deleted.insert(objects.ns + " " + name.substr(0, std::min(name.find('.'), name.find('/'))) +
                     name.substr(name.find('/')));
  EXPECT_EQ(deleted, installed);
}

}  // namespace
}  // namespace kvs::cli
