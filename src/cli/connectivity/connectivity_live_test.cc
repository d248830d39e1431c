#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "cli/connectivity/connectivity_plan.h"
#include "lab/cluster/lab.h"
#include "probe/matrix.h"

namespace kvs::cli {
namespace {

// What `kvs test` asks of a cluster, of a lab: its pods have the same echo.
TEST(ConnectivityLiveTest, PodsReachEachOtherWithFullPacketsAndTheirOwnAddresses) {
  if (getuid() != 0) GTEST_SKIP() << "needs root";
  const auto lab = lab::Lab::Up({.name = "n" + std::to_string(getpid()), .nodes = 2});
  ASSERT_TRUE(lab) << lab.error().message;
  auto endpoints = (*lab)->Endpoints();
  std::erase_if(endpoints,
                [](const probe::Endpoint& p) { return p.kind != probe::Endpoint::Kind::kPod; });
  for (probe::Endpoint& endpoint : endpoints) endpoint.listeners = ListenersOfPod();
  auto cells = PlanConnectivity(endpoints, {});
  EXPECT_EQ(cells.size(), 4u * 3 * 2 * 4);  // pairs, families, TCP and UDP and both extra kinds
  const auto matrix = probe::RunMatrix(endpoints, cells);
  ASSERT_TRUE(matrix) << matrix.error().message;
  EXPECT_EQ(matrix->failed(), 0u) << probe::ToText(*matrix).string();

  // A way to a pod that takes smaller packets only is found out. (The agent would mend it.)
  const lab::Pod& pod = (*lab)->pods().at("shop/web-1");
  auto& node = (*lab)->node(pod.node);
  ASSERT_TRUE(node.Stop("k-vswitchd", SIGKILL));
  const auto narrowed = exec::Check(node.Here({"ip", "link", "set", pod.port, "mtu", "1400"}));
  ASSERT_TRUE(narrowed) << narrowed.error().message;
  std::erase_if(cells, [](const probe::MatrixCell& cell) { return !cell.cell.full; });
  const auto narrow = probe::RunMatrix(endpoints, cells, std::chrono::seconds(5));
  ASSERT_TRUE(narrow) << narrow.error().message;
  for (const auto& cell : narrow->cells)
    EXPECT_EQ(cell.ok(), cell.from != pod.name && cell.to != pod.name)
        << cell.from << " " << cell.to << " " << cell.outcome.reason;
}

}  // namespace
}  // namespace kvs::cli
