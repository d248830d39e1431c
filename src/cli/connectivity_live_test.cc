#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "cli/connectivity_plan.h"
#include "lab/lab.h"
#include "lab/matrix.h"

namespace kvs::cli {
namespace {

// What `kvs test` asks of a cluster, of a lab: its pods have the same echo.
TEST(ConnectivityLiveTest, PodsReachEachOtherWithFullPacketsAndTheirOwnAddresses) {
  if (getuid() != 0) GTEST_SKIP() << "needs root";
  const auto lab = lab::Lab::Up({.name = "n" + std::to_string(getpid()), .nodes = 2});
  ASSERT_TRUE(lab) << lab.error().message;
  auto places = (*lab)->Places();
  std::erase_if(places, [](const lab::Place& p) { return p.kind != lab::Place::Kind::kPod; });
  for (lab::Place& place : places) place.listeners = ListenersOfPod();
  auto cells = PlanConnectivity(places, {});
  EXPECT_EQ(cells.size(), 4u * 3 * 2 * 4);  // pairs, families, TCP and UDP and both extra kinds
  const auto matrix = lab::RunMatrix(places, cells);
  ASSERT_TRUE(matrix) << matrix.error().message;
  EXPECT_EQ(matrix->failed(), 0u) << lab::ToText(*matrix).string();

  // A way to a pod that takes smaller packets only is found out. (The agent would mend it.)
  const lab::Pod& pod = (*lab)->pods().at("shop/web-1");
  auto& node = (*lab)->node(pod.node);
  ASSERT_TRUE(node.Stop("k-vswitchd", SIGKILL));
  const auto narrowed = lab::Check(node.Here({"ip", "link", "set", pod.port, "mtu", "1400"}));
  ASSERT_TRUE(narrowed) << narrowed.error().message;
  std::erase_if(cells, [](const lab::MatrixCell& cell) { return !cell.cell.full; });
  const auto narrow = lab::RunMatrix(places, cells, std::chrono::seconds(5));
  ASSERT_TRUE(narrow) << narrow.error().message;
  for (const auto& cell : narrow->cells)
    EXPECT_EQ(cell.ok(), cell.from != pod.name && cell.to != pod.name)
        << cell.from << " " << cell.to << " " << cell.outcome.reason;
}

}  // namespace
}  // namespace kvs::cli
