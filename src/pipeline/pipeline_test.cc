#include "pipeline/pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "pipeline/describe.h"
#include "pipeline/scenario.h"

namespace kvs::pipeline {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(TablesTest, NextSkipsWhatIsNotInUse) {
  EXPECT_EQ(Next(TableId::kClassify), TableId::kLimitFragments);
  EXPECT_EQ(Next(TableId::kTrack), TableId::kState);
  EXPECT_EQ(Next(TableId::kState), TableId::kTunnelEnd);
  EXPECT_EQ(Next(TableId::kTunnelEnd), TableId::kLimitNew);
  EXPECT_EQ(Next(TableId::kCommit), TableId::kRoute);
  EXPECT_EQ(Next(TableId::kRoute), TableId::kToHost);
  EXPECT_EQ(Next(TableId::kToHost), TableId::kToHost);
}

TEST(TablesTest, HaveNamesByTheirNumbers) {
  for (const TableInfo& table : kTables) EXPECT_EQ(NameOfTable(NumberOf(table.id)), table.name);
  EXPECT_EQ(NameOfTable(1), "1");
  EXPECT_EQ(NameOfTable(255), "255");
  EXPECT_EQ(NameTables(fmt::format("ct(table={},zone=2),goto_table:{}", NumberOf(TableId::kState),
                                   NumberOf(TableId::kRoute))),
            "ct(table=state,zone=2),goto_table:route");
}

TEST(FieldsTest, MasksAndValues) {
  EXPECT_EQ(kReply.mask(), 0x10000u);
  EXPECT_EQ(kReply.Encode(true), 0x10000u);
  EXPECT_EQ(kMark.mask(), 0xffu);
  EXPECT_EQ(kServiceId.mask(), 0xffffffffu);
  EXPECT_EQ(kServiceId.Encode(ServiceId{7}), 7u);
}

TEST(FieldsTest, ACookieSaysItsKind) {
  const uint64_t cookie = CookieOf(CookieKind::kLearned, ~uint64_t{0});
  EXPECT_EQ(cookie, 0x02ffffffffffffffu);
  EXPECT_EQ(KindOfCookie(cookie), CookieKind::kLearned);
}

// A node of `nodes` nodes with `ports` pods, all of them as they should be.
class PipelineTest : public testing::Test {
 protected:
  void Put(const std::string& line) {
    const auto done = Change(world_, "put " + line);
    ASSERT_TRUE(done) << done.error().message;
  }
  void Build(int nodes, int ports) {
    Put("Self node=n0 local_mac=02:00:00:00:00:01 pod_ranges=10.1.0.0/24 gateways=10.1.0.1 "
        "snat=10.1.0.2 overlay=vxlan");
    Put("Datapath overlay_port=1");
    Put("ClusterRanges pods=10.1.0.0/16");
    Put("NodeAddress 10.200.0.0");
    for (int i = 0; i < nodes; ++i)
      Put(fmt::format("Node n{} pod_ranges=10.1.{}.0/24 overlay_ips=10.200.0.{}", i, i, i));
    for (int i = 3; i < ports + 3; ++i) PutPort(i);
    pipeline_.engine().Run();
    flows_.Skip();
    routes_.Skip();
  }
  void PutPort(int index) {
    Put(
        fmt::format("Port kv{0:x} ofport={1} mac=0a:58:0a:01:00:{0:02x} ips=10.1.0.{0} "
                    "pod=default/p{0}",
                    index, index + 16));
  }
  std::vector<Owner> OwnersOf(uint64_t cookie) const { return pipeline_.FindOwners()[cookie]; }
  uint64_t RunAndCount() {
    const uint64_t before = pipeline_.engine().work().fragments_run;
    pipeline_.engine().Run();
    return pipeline_.engine().work().fragments_run - before;
  }

  world::World world_;
  Pipeline pipeline_{world_};
  engine::Cursor<flow::Flow> flows_{pipeline_.engine().desired<flow::Flow>()};
  engine::Cursor<HostRoute> routes_{pipeline_.engine().desired<HostRoute>()};
};

std::vector<flow::Flow> PutBy(const engine::Delta<flow::Flow>& delta) {
  std::vector<flow::Flow> put;
  for (const auto& change : delta.changes)
    if (change.now != nullptr) put.push_back(*change.now);
  return put;
}
size_t ErasedBy(const engine::Delta<flow::Flow>& delta) {
  return delta.changes.size() - PutBy(delta).size();
}

// However large the world: work is for what changed.
TEST_F(PipelineTest, APodCostsItsOwnFragmentsOnly) {
  Build(100, 100);
  PutPort(200);
  EXPECT_EQ(RunAndCount(), 7u);  // one for each rule over ports
  auto delta = flows_.Take();
  // Its source, its ARP, the way to it; its limit of connections; and what each bit of its MAC, of
  // its MAC and its address in ARP is not.
  EXPECT_EQ(PutBy(delta).size(), 3u + 1 + 48 + 48 + 32);
  EXPECT_EQ(ErasedBy(delta), 0u);
  for (const flow::Flow& flow : PutBy(delta))
    for (const Owner& owner : OwnersOf(flow.cookie)) EXPECT_EQ(owner.row, "Port/kvc8");

  world_.ports.Erase("kvc8");
  EXPECT_EQ(RunAndCount(), 7u);
  delta = flows_.Take();
  EXPECT_EQ(ErasedBy(delta), 3u + 1 + 48 + 48 + 32);
  EXPECT_THAT(PutBy(delta), IsEmpty());
}

TEST_F(PipelineTest, ANodeCostsItsOwnFragmentsOnly) {
  Build(100, 100);
  Put("Node n7 pod_ranges=10.1.7.0/24 overlay_ips=10.200.0.207");
  EXPECT_EQ(RunAndCount(), 5u);  // one for each rule over nodes
  const auto delta = flows_.Take();
  // Two sources of the new endpoint, the range, the reply, UDP and GRE that no pod sends there.
  EXPECT_EQ(PutBy(delta).size(), 6u);
  EXPECT_EQ(ErasedBy(delta), 5u);  // the way to the range has only changed
}

TEST_F(PipelineTest, AChangeOfThisNodeRedoesWhoReadsIt) {
  Build(10, 10);
  Put("Self node=n0 local_mac=02:00:00:00:00:02 pod_ranges=10.1.0.0/24 gateways=10.1.0.1 "
      "snat=10.1.0.2 overlay=vxlan");
  RunAndCount();
  const auto delta = flows_.Take();
  ASSERT_EQ(PutBy(delta).size(), 1u);
  EXPECT_EQ(PutBy(delta)[0].key.table, NumberOf(TableId::kToHost));
}

// Each asks whether its own address is one of the node's: a new one concerns the pod that has it.
TEST_F(PipelineTest, ANodeAddressRedoesWhoReadsIt) {
  Build(100, 100);
  Put("NodeAddress 10.200.0.250");
  EXPECT_EQ(RunAndCount(), 1u) << "the one rule over node addresses";
  EXPECT_TRUE(flows_.Take().empty());
  world_.addresses.Erase(Ip4{{10, 200, 0, 250}});
  EXPECT_EQ(RunAndCount(), 1u);

  Put("NodeAddress 10.1.0.7");
  EXPECT_EQ(RunAndCount(), 1u + 5) << "and the rules over ports that ask, for one pod";
  EXPECT_EQ(ErasedBy(flows_.Take()), 3u + 1 + 48 + 48 + 32);
  EXPECT_THAT(pipeline_.Problems(), testing::SizeIs(1));
  world_.addresses.Erase(Ip4{{10, 1, 0, 7}});
  EXPECT_EQ(RunAndCount(), 1u + 5);
  EXPECT_EQ(PutBy(flows_.Take()).size(), 3u + 1 + 48 + 48 + 32);
}

// As when a node comes to a cluster without clusterCIDR. Pods of the node's ranges don't ask.
TEST_F(PipelineTest, AClusterRangeRedoesWhoReadsIt) {
  Build(10, 100);
  Put("ClusterRanges pods=10.1.0.0/16,10.2.0.0/24");
  EXPECT_EQ(RunAndCount(), 2u + 9) << "this node's routes and its host's, and the other nodes'";
  EXPECT_EQ(PutBy(flows_.Take()).size(), 4u);
}

TEST_F(PipelineTest, AnotherTunnelPortRedoesWhoReadsIt) {
  Build(10, 100);
  Put("Datapath overlay_port=2");
  RunAndCount();
  for (const flow::Flow& flow : PutBy(flows_.Take()))
    for (const Owner& owner : OwnersOf(flow.cookie)) EXPECT_FALSE(owner.row.starts_with("Port/"));
}

TEST_F(PipelineTest, AFullRunChangesNothing) {
  Build(20, 20);
  pipeline_.engine().MarkAllDirty();
  EXPECT_EQ(RunAndCount(), pipeline_.engine().fragments());
  EXPECT_TRUE(flows_.Take().empty());
  EXPECT_TRUE(routes_.Take().empty());
}

TEST_F(PipelineTest, ACookieLeadsBackToRuleRowAndObject) {
  Build(2, 1);
  const flow::FlowKey key{NumberOf(TableId::kRoute), kExact,
                          flow::Match::Parse("ip,nw_dst=10.1.0.3").value()};
  const flow::Flow* flow = pipeline_.engine().desired<flow::Flow>().Find(key);
  ASSERT_NE(flow, nullptr);
  EXPECT_THAT(OwnersOf(flow->cookie),
              ElementsAre(Owner{"route-pod", "Port/kv3", {"Pod/default/p3"}, "status.podIPs"}));
  EXPECT_THAT(OwnersOf(12345), IsEmpty());
}

TEST_F(PipelineTest, CookiesAreDistinctAndStable) {
  Build(100, 100);
  std::set<uint64_t> cookies;
  size_t owners = 0;
  pipeline_.ForEachOwner([&](uint64_t cookie, const Owner&) {
    cookies.insert(cookie);
    ++owners;
  });
  EXPECT_EQ(cookies.size(), owners);
  EXPECT_EQ(owners, pipeline_.engine().fragments());
  // A cookie is in switches that outlive us: it must be what it was in an older version.
  EXPECT_THAT(OwnersOf(0x015535461a0f0698),
              ElementsAre(Owner{"connections", "Self", {"VSwitchConfig/n0"}, "spec"}));
}

TEST(RulesTest, HaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (const Rule& rule : Rules()) EXPECT_TRUE(names.insert(rule.name).second) << rule.name;
}

}  // namespace
}  // namespace kvs::pipeline
