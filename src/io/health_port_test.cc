#include "io/health_port.h"

#include <gtest/gtest.h>

#include "io/test_loop.h"

namespace kvs::io {
namespace {

TEST(HealthPort, ATakenPortIsAProblemUntilItIsFree) {
  TestLoop loop;
  const auto serve = [](const HttpRequest&, const HttpServer::Reply& reply) { reply({}); };
  auto other = HttpServer::OnTcp(loop, "127.0.0.93:10350", serve);
  ASSERT_TRUE(other) << other.error().message;
  const HealthPort port(loop, "127.0.0.93:10350", serve);
  ASSERT_TRUE(port.problem());
  EXPECT_EQ(port.problem()->ToString().find(
                "Host health: listen on 127.0.0.93:10350: address already in use; there are no "),
            0u)
      << port.problem()->ToString();
  other->reset();
  EXPECT_TRUE(loop.Until([&] { return !port.problem(); }));
}

TEST(HealthPort, EachTryIsTold) {
  TestLoop loop;
  const auto serve = [](const HttpRequest&, const HttpServer::Reply& reply) { reply({}); };
  auto other = HttpServer::OnTcp(loop, "127.0.0.94:10350", serve);  // tests run side by side
  ASSERT_TRUE(other) << other.error().message;
  std::vector<std::string> told;
  const HealthPort port(loop, "127.0.0.94:10350", serve, [&](const auto& problem) {
    told.push_back(problem ? problem->reason : "listens");
  });
  other->reset();
  EXPECT_TRUE(loop.Until([&] { return told.size() == 2; }));
  EXPECT_EQ(told, (std::vector<std::string>{"HealthPortTaken", "listens"}));
}

TEST(HealthPort, NoAddressIsNoProblem) {
  TestLoop loop;
  EXPECT_FALSE(HealthPort(loop, "", {}).problem());
}

}  // namespace
}  // namespace kvs::io
