#include "cli/inspect/bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "cli/terminal/json_at.h"
#include "cli/testing/fake_kubectl.h"
#include "exec/process.h"

namespace kvs::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

class BundleTest : public FakeKubectl {
 protected:
  BundleTest() {
    Write("get-pods", R"({"items":[
      {"metadata":{"name":"agent-a"},"spec":{"nodeName":"node1"},"status":{"phase":"Running",
       "containerStatuses":[
         {"name":"k-vswitchd","restartCount":1,"state":{"running":{}}}]}},
      {"metadata":{"name":"controller-0"},"status":{"containerStatuses":[
         {"name":"controller","restartCount":0,"state":{"running":{}}}]}}]})");
    Write("logs-agent-a", "connected with Bearer S3CRET\n");
    Write("get-events", R"({"items":[{"involvedObject":{"name":"k-vswitchd-x"}},
      {"reportingComponent":"kvswitch.io/agent","message":"of ours"},
      {"involvedObject":{"name":"coredns"},"message":"of others"}]})");
    Write("get-vswitchconfigs.kvswitch.io", R"({"items":[{"spec":{"token":"S3CRET"}}]})");
    for (const char* path : {"/v1/status", "/v1/flows", "/v1/ports", "/v1/pods"})
      Answers("agent-a", path, std::string("{\"path\":\"") + path + "\"}");
  }

  // Of the archive that is made; `what` is a pattern of tar's.
  std::string Unpacked(const std::string& what) {
    return exec::Check({.argv = {"tar", "-xzOf", Archive(), "--wildcards", what}}).value();
  }
  ExitCode Run() {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const ExitCode code = WriteBundle({.where = {.context = "prod"}, .file = Archive()});
    said_ = testing::internal::GetCapturedStdout();
    error_ = testing::internal::GetCapturedStderr();
    return code;
  }
  std::string Archive() const { return (folder() / "archive.tar.gz").string(); }

  std::string said_, error_;
};

TEST_F(BundleTest, HasWhatCanBeHadAndTellsWhatNot) {
  ASSERT_EQ(Run(), kOk) << error_;
  EXPECT_EQ(said_, Archive() + "\n");
  EXPECT_EQ(TextAt(*ParseObject(Unpacked("*/nodes/node1/flows.json"), "tar"), "/path"),
            "/v1/flows");
  EXPECT_EQ(TextAt(*ParseObject(Unpacked("*/cluster/nodes.json"), "tar"), "/items/0/metadata/name"),
            "node2");
  EXPECT_THAT(Unpacked("*/logs/agent-a/k-vswitchd.previous.txt"), HasSubstr("connected"));
  const std::string events = Unpacked("*/cluster/events-default.json");
  EXPECT_THAT(events, HasSubstr("of ours"));
  EXPECT_THAT(events, Not(HasSubstr("of others")));
  const std::string readme = Unpacked("*/README.txt");
  for (const char* missing :
       {"- nodes/node1/metrics.txt: its agent does not answer", "- cluster/version.json: kubectl",
        "- nodes/node2: no agent runs on it", "- logs/controller-0/controller.txt:"}) {
    EXPECT_THAT(readme, HasSubstr(missing));
    EXPECT_THAT(error_, HasSubstr(missing));
  }
}

TEST_F(BundleTest, HasNoSecrets) {
  ASSERT_EQ(Run(), kOk) << error_;
  const std::string all = Unpacked("*");
  EXPECT_THAT(all, HasSubstr("connected with Bearer [redacted]"));
  EXPECT_THAT(all, Not(HasSubstr("S3CRET")));
}

TEST_F(BundleTest, IsForNobodyElseAndLeavesNothing) {
  const auto parent = folder() / "tmp";
  std::filesystem::create_directories(parent);
  setenv("TMPDIR", parent.c_str(), 1);
  EXPECT_EQ(Run(), kOk) << error_;
  unsetenv("TMPDIR");
  EXPECT_TRUE(std::filesystem::is_empty(parent));
  EXPECT_EQ(std::filesystem::status(Archive()).permissions() & std::filesystem::perms::group_all,
            std::filesystem::perms::none);
}

}  // namespace
}  // namespace kvs::cli
