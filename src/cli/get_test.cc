#include "cli/get.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "cli/fake_kubectl.h"
#include "cli/json_at.h"

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
  EXPECT_EQ(error_, "error: node1: its agent says: starting\n");
  EXPECT_THAT(said_, HasSubstr("shop/web-2"));
  Remove(FileOf("agent-b", "/v1/ports"));
  EXPECT_EQ(Run({.kind = "ports"}), kUnreachable);
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

}  // namespace
}  // namespace kvs::cli
