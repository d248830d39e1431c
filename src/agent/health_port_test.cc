#include "agent/health_port.h"

#include <gtest/gtest.h>

#include "io/test_loop.h"

namespace kvs::agent {
namespace {

constexpr char kAddress[] = "127.0.0.93:10350";

TEST(HealthPort, ATakenPortIsAProblemUntilItIsFree) {
  io::TestLoop loop;
  const auto serve = [](const io::HttpRequest&, const io::HttpServer::Reply& reply) { reply({}); };
  auto other = io::HttpServer::OnTcp(loop, kAddress, serve);
  ASSERT_TRUE(other) << other.error().message;
  const HealthPort port(loop, kAddress, serve);
  ASSERT_TRUE(port.problem());
  EXPECT_EQ(port.problem()->ToString().find(
                "Host health: listen on 127.0.0.93:10350: address already in use; there are no "),
            0u)
      << port.problem()->ToString();
  other->reset();
  EXPECT_TRUE(loop.Until([&] { return !port.problem(); }));
}

TEST(HealthPort, NoAddressIsNoProblem) {
  io::TestLoop loop;
  EXPECT_FALSE(HealthPort(loop, "", {}).problem());
}

}  // namespace
}  // namespace kvs::agent
