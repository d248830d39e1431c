#include "probe/matrix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kvs::probe {
namespace {

using testing::HasSubstr;

std::vector<Endpoint> TwoNodes() {
  const auto ips = [](const char* text) { return ParseIps(text).value(); };
  return {{Endpoint::Kind::kPod, "shop/a", "", "node1", ips("10.1.1.3,fd00:1::3")},
          {Endpoint::Kind::kPod, "shop/b", "", "node2", ips("10.1.2.3,fd00:2::3")},
          {Endpoint::Kind::kNode, "node1", "", "node1", ips("10.200.0.1")},
          {Endpoint::Kind::kOutside, "outside", "", "", ips("198.51.100.1,2001:db8::1")}};
}

TEST(Matrix, AsksForWhatMustWork) {
  const auto cells = PlanMatrix(TwoNodes());
  size_t to_outside = 0;
  for (const auto& cell : cells) {
    EXPECT_NE(cell.from, cell.to);
    EXPECT_NE(cell.from, "outside");
    if (cell.to != "outside") continue;
    ++to_outside;
    EXPECT_TRUE(cell.cell.address.is4()) << "node1 has no IPv6 uplink";
    EXPECT_NE(cell.from, "shop/b") << "no machine node2";
  }
  EXPECT_EQ(to_outside, 4u);  // shop/a and node1, TCP and ICMP
  // a: b 4, node1 2, outside 2; b: a 4, node1 2; node1: a 4, b 4, outside 2.
  EXPECT_EQ(cells.size(), 24u);
  EXPECT_EQ(cells.front().kind, "pod to pod, across nodes");
}

TEST(Matrix, ShowsWhatFailed) {
  Matrix matrix{.cells = PlanMatrix(TwoNodes())};
  for (auto& cell : matrix.cells) cell.outcome.reached = true;
  EXPECT_EQ(matrix.failed(), 0u);
  EXPECT_THAT(ToText(matrix).string(), HasSubstr("24 of 24 cells ok"));
  matrix.cells[3].outcome = {.reason = "no answer"};
  EXPECT_EQ(matrix.failed(), 1u);
  EXPECT_THAT(ToText(matrix).string(),
              HasSubstr("FAILED shop/a -> shop/b (fd00:2::3, ICMP over IPv6): no answer"));
  EXPECT_THAT(ToText(matrix).string(), HasSubstr("!i"));
  for (auto& cell : matrix.cells) cell.outcome = {.reason = "no answer"};
  EXPECT_THAT(ToText(matrix).string(), HasSubstr("... and 4 more"));
  for (auto& cell : matrix.cells) cell.outcome.reached = true;
  matrix.cells[3].outcome.reached = false;
  matrix.cells[3].expected = false;
  EXPECT_EQ(matrix.failed(), 0u);
}

}  // namespace
}  // namespace kvs::probe
