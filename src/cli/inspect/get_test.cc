#include "cli/inspect/get.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <boost/json.hpp>

#include "cli/terminal/json_at.h"
#include "cli/testing/fake_kubectl.h"

namespace kvs::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

class GetTest : public FakeKubectl {
 protected:
  GetTest() {
    for (const std::string number : {"1", "2"}) {
      const std::string agent = number == "1" ? "agent-a" : "agent-b";
      Answers(agent, "/v1/ports",
              R"({"ports":[{"name":"kv1","ofport":1,"pod":"shop/web-)" + number +
                  R"(","ips":["10.0.0.1"]}]})");
      Answers(agent, "/v1/flows",
              R"({"flows":[{"tableName":"route","owner":{"object":"Pod/shop/web-)" + number +
                  R"("}},{"tableName":"miss","owner":{"object":"VSwitchConfig/node1"}}]})");
    }
  }

  ExitCode Run(GetArguments arguments) {
    arguments.where.context = "prod";
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const ExitCode code = ShowItems(arguments);
    said_ = testing::internal::GetCapturedStdout();
    error_ = testing::internal::GetCapturedStderr();
    return code;
  }
  std::string said_, error_;
};

TEST_F(GetTest, SeveralNodesHaveAColumn) {
  EXPECT_EQ(Run({.kind = "ports"}), kOk) << error_;
  EXPECT_EQ(said_,
            "NODE   PORT  NUMBER  POD         ADDRESSES  REALIZED\n"
            "node1  kv1   1       shop/web-1  10.0.0.1\n"
            "node2  kv1   1       shop/web-2  10.0.0.1\n");
  EXPECT_EQ(Run({.where = {.node = "node2"}, .kind = "ports"}), kOk) << error_;
  EXPECT_THAT(said_, testing::StartsWith("PORT"));
  EXPECT_THAT(said_, Not(HasSubstr("web-1")));
}

TEST_F(GetTest, JsonSaysWhichNode) {
  EXPECT_EQ(Run({.kind = "ports", .output = "json"}), kOk);
  EXPECT_EQ(TextAt(*ParseObject(said_, "kvs"), "/nodes/node2/ports/0/pod"), "shop/web-2");
  EXPECT_EQ(Run({.where = {.node = "node2"}, .kind = "ports", .output = "json"}), kOk);
  EXPECT_EQ(TextAt(*ParseObject(said_, "kvs"), "/ports/0/pod"), "shop/web-2");
}

TEST_F(GetTest, OneThatDoesNotAnswerHidesNoOther) {
  Answers("agent-a", "/v1/ports", "starting\n", 503);
  EXPECT_EQ(Run({.kind = "ports"}), kFailed);
  EXPECT_EQ(error_, "error: node1: its agent answered: starting\n");
  EXPECT_THAT(said_, HasSubstr("shop/web-2"));
  Remove(FileOf("agent-b", "/v1/ports"));
  EXPECT_EQ(Run({.kind = "ports"}), kUnreachable);
}

TEST_F(GetTest, ThePermissionThatIsNeededIsNamedOnce) {
  Write("forbidden", "Error from server (Forbidden): cannot create resource \"pods/exec\"");
  EXPECT_EQ(Run({.kind = "ports"}), kUnreachable);
  EXPECT_EQ(error_,
            "error: node1, node2: needs permission pods/exec in kube-system: kvs asks an agent by "
            "kubectl exec in its pod (docs/operate.md, Permissions)\n");
}

TEST_F(GetTest, OnlyWhatIsOfAPod) {
  EXPECT_EQ(Run({.kind = "flows", .pod = "shop/web-1"}), kOk);
  EXPECT_THAT(said_, HasSubstr("Pod/shop/web-1"));
  EXPECT_THAT(said_, Not(HasSubstr("web-2")));
  EXPECT_THAT(said_, Not(HasSubstr("miss")));
  EXPECT_EQ(Run({.kind = "flows", .space = "shop", .pod = "web-2"}), kOk);
  EXPECT_THAT(said_, HasSubstr("web-2"));
  EXPECT_THAT(said_, Not(HasSubstr("web-1")));
  EXPECT_EQ(Run({.kind = "flows", .space = "sho"}), kOk);
  EXPECT_THAT(said_, Not(HasSubstr("web")));
  EXPECT_EQ(Run({.kind = "ports", .space = "shop"}), kOk);
  EXPECT_THAT(said_, HasSubstr("web-2"));
}

TEST_F(GetTest, OnlyWhatIsOfPodsWithLabels) {
  Write("get-pod", "shop/web-2\nshop/other\n");
  EXPECT_EQ(Run({.kind = "ports", .selector = "app=web"}), kOk) << error_;
  EXPECT_THAT(said_, HasSubstr("web-2"));
  EXPECT_THAT(said_, Not(HasSubstr("web-1")));
  EXPECT_THAT(Asked(), HasSubstr("get pod -A -l app=web -o jsonpath="));
  EXPECT_EQ(Run({.kind = "flows", .selector = "app=web"}), kOk) << error_;
  EXPECT_THAT(said_, HasSubstr("Pod/shop/web-2"));
  EXPECT_THAT(said_, Not(HasSubstr("miss")));
  Write("get-pod", "");
  EXPECT_EQ(Run({.kind = "ports", .selector = "app=no"}), kOk) << error_;
  EXPECT_EQ(said_, "NODE  PORT  NUMBER  POD  ADDRESSES  REALIZED\n");
  Remove("get-pod");
  EXPECT_EQ(Run({.kind = "ports", .selector = "app=web"}), kUnreachable);
}

TEST_F(GetTest, NamesAreAsKubectls) {
  for (const char* agent : {"agent-a", "agent-b"})
    Answers(agent, "/v1/pods", R"({"pods":[{"pod":"shop/web-1","port":"kv1"}]})");
  EXPECT_EQ(Run({.where = {.node = "node1"}, .kind = "pods", .output = "name"}), kOk);
  EXPECT_EQ(said_, "pod/web-1\n");
  EXPECT_EQ(Run({.kind = "ports", .output = "name"}), kOk);
  EXPECT_EQ(said_, "port/kv1\nport/kv1\n");
  EXPECT_EQ(Run({.kind = "flows", .output = "name"}), kUsage);
  EXPECT_EQ(error_, "error: -o name: flows have no names; -o wide shows their cookies\n");
}

TEST_F(GetTest, YamlSaysWhatJsonSays) {
  EXPECT_EQ(Run({.where = {.node = "node2"}, .kind = "ports", .output = "yaml"}), kOk);
  EXPECT_EQ(said_,
            "ports:\n- name: kv1\n  ofport: 1\n  pod: shop/web-2\n  ips:\n  - \"10.0.0.1\"\n");
  EXPECT_EQ(Run({.kind = "ports", .output = "yaml"}), kOk);
  EXPECT_THAT(said_, testing::StartsWith("nodes:\n  node1:\n    ports:\n    - name: kv1\n"));
}

TEST_F(GetTest, WhoWatchesSeesWhatChanges) {
  const auto ports = [&](const std::string& items) {
    Answers("agent-b", "/v1/ports", "{\"ports\":[" + items + "]}");
  };
  const auto look = [&, n = 0]() mutable {
    switch (++n) {
      case 1:  // nothing has changed
        return true;
      case 2:
        ports(R"({"name":"kv1","ofport":7,"pod":"shop/web-2","ips":["10.0.0.1"]},{"name":"kv2"})");
        return true;
      case 3:  // what it had stays
        Answers("agent-b", "/v1/ports", "starting\n", 503);
        return true;
      case 4:  // which is said once
        return true;
      case 5:
        ports(R"({"name":"kv2"})");
        return true;
      default:
        return false;
    }
  };
  EXPECT_EQ(Run({.kind = "ports", .wait = look}), kOk);
  EXPECT_EQ(said_,
            "EVENT  NODE   PORT  NUMBER  POD         ADDRESSES  REALIZED\n"
            "ADDED  node1  kv1   1       shop/web-1  10.0.0.1\n"
            "ADDED  node2  kv1   1       shop/web-2  10.0.0.1\n"
            "MODIFIED  node2  kv1   7       shop/web-2  10.0.0.1\n"
            "ADDED     node2  kv2\n"
            "DELETED   node2  kv1   7       shop/web-2  10.0.0.1\n");
  EXPECT_EQ(error_, "error: node2: its agent answered: starting\n");
}

TEST_F(GetTest, ACounterThatCountsIsNoChange) {
  const auto flows = [&](int packets, const char* actions) {
    Answers("agent-b", "/v1/flows",
            fmt::format(R"({{"flows":[{{"table":1,"priority":2,"match":"ip","packets":{},
                          "actions":"{}"}}]}})",
                        packets, actions));
  };
  flows(1, "drop");
  const auto look = [&, n = 0]() mutable {
    flows(2, n == 0 ? "drop" : "output:1");
    return ++n < 3;
  };
  EXPECT_EQ(Run({.where = {.node = "node2"}, .kind = "flows", .wait = look}), kOk) << error_;
  EXPECT_THAT(said_, HasSubstr("\nMODIFIED "));
  EXPECT_EQ(said_.find("MODIFIED"), said_.rfind("MODIFIED")) << said_;
}

}  // namespace
}  // namespace kvs::cli
