#include "io/health_port.h"

#include <gtest/gtest.h>

#include "io/own_address.h"
#include "io/test_loop.h"

namespace kvs::io {
namespace {

TEST(HealthPort, ATakenPortIsAProblemUntilItIsFree) {
  TestLoop loop;
  const auto serve = [](const HttpRequest&, const HttpServer::Reply& reply) { reply({}); };
  const std::string address = OwnAddress(10350);
  auto other = HttpServer::OnTcp(loop, address, serve);
  ASSERT_TRUE(other) << other.error().message;
  const HealthPort port(loop, address, serve);
  ASSERT_TRUE(port.problem());
  EXPECT_EQ(port.problem()->ToString().find("Host health: listen on " + address +
                                            ": address already in use; the metrics "),
            0u)
      << port.problem()->ToString();
  other->reset();
  loop.Advance(std::chrono::milliseconds(1999));
  EXPECT_TRUE(port.problem());
  loop.Advance(std::chrono::milliseconds(1));
  EXPECT_FALSE(port.problem());
}

TEST(HealthPort, EachTryIsTold) {
  TestLoop loop;
  const auto serve = [](const HttpRequest&, const HttpServer::Reply& reply) { reply({}); };
  const std::string address = OwnAddress(10350);
  auto other = HttpServer::OnTcp(loop, address, serve);
  ASSERT_TRUE(other) << other.error().message;
  std::vector<std::string> told;
  const HealthPort port(loop, address, serve, [&](const auto& problem) {
    told.push_back(problem ? problem->reason : "listens");
  });
  other->reset();
  loop.Advance(std::chrono::seconds(2));
  EXPECT_EQ(told, (std::vector<std::string>{"HealthPortTaken", "listens"}));
}

TEST(HealthPort, NoAddressIsNoProblem) {
  TestLoop loop;
  EXPECT_FALSE(HealthPort(loop, "", {}).problem());
}

}  // namespace
}  // namespace kvs::io
