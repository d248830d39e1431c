#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <random>
#include <set>

#include "pipeline/pipeline.h"
#include "pipeline/tables.h"

// All rules against random worlds that change at random: what the engine keeps up to date is what a
// fresh one computes, and every flow obeys the pipeline's laws. A new rule is covered by being in
// the list.
namespace kvs::pipeline {
namespace {

class Churn {
 public:
  explicit Churn(uint32_t seed) : random_(seed) {}

  uint32_t Pick(uint32_t below) { return static_cast<uint32_t>(random_() % below); }
  bool Coin() { return Pick(2) == 0; }

  // Values are few, so that rows contradict each other, too.
  Ip PodIp() {
    if (Coin()) return Ip4{{10, 1, static_cast<uint8_t>(Pick(4)), static_cast<uint8_t>(Pick(5))}};
    Ip6 six{{0xfd, 0, 0, 0x10, 0, 1, 0, static_cast<uint8_t>(Pick(4))}};
    six.bytes[15] = static_cast<uint8_t>(Pick(5));
    return six;
  }
  Prefix PodRange() {
    const Ip ip = PodIp();
    return Prefix(ip, ip.is6() ? 64 : 24 + static_cast<int>(Pick(2)));
  }
  Ip NodeIp() {
    if (Coin()) return Ip4{{10, 200, 0, static_cast<uint8_t>(Pick(4))}};
    return Ip6{{0xfd, 0, 2, static_cast<uint8_t>(Pick(4))}};
  }
  template <class T>
  std::vector<T> Some(const std::function<T()>& one) {
    std::vector<T> some;
    for (uint32_t n = Pick(3); n > 0; --n) some.push_back(one());
    return some;
  }
  std::string NodeName() { return "n" + std::to_string(Pick(5)); }
  std::string PortName() { return "kv" + std::to_string(Pick(6)); }

  void Fill(world::Self& self) {
    self.node = NodeName();
    self.local_mac.bytes[5] = static_cast<uint8_t>(Pick(2));
    self.pod_ranges = Some<Prefix>([&] { return PodRange(); });
    self.gateways = Some<Ip>([&] { return PodIp(); });
    self.snat = Some<Ip>([&] { return PodIp(); });
    self.overlay = static_cast<world::Overlay>(Pick(4));
    self.deny_metadata = Coin();
  }
  void Fill(world::Datapath& datapath) {
    datapath.overlay_port = Pick(2);
    datapath.tunnel_sources = Some<Ip>([&] { return NodeIp(); });
    datapath.netdev = Coin();
    datapath.nd_flows = Coin();
    for (uint8_t generation = 0; Coin(); ++generation)
      datapath.mark_layouts.push_back({generation, {{"from-host", static_cast<uint8_t>(Pick(8))}}});
  }
  void Fill(world::ClusterRanges& ranges) {
    ranges.pods = {Prefix(Ip4{{10, 1, 0, 0}}, 16 + static_cast<int>(Pick(9)))};
    if (Coin()) ranges.pods.push_back(Prefix(Ip6{{0xfd, 0, 0, 0x10}}, 32));
  }
  // Some are pods' as well.
  void Fill(world::NodeAddress& address) { address.ip = Coin() ? NodeIp() : PodIp(); }
  void Fill(world::Node& node) {
    node.name = NodeName();
    node.pod_ranges = Some<Prefix>([&] { return PodRange(); });
    node.overlay_ips = Some<Ip>([&] { return NodeIp(); });
  }
  void Fill(world::Port& port) {
    port.name = PortName();
    port.ofport = Pick(4) == 0 ? 0 : 16 + Pick(6);
    port.mac.bytes[5] = static_cast<uint8_t>(Pick(4));
    port.ips = Some<Ip>([&] { return PodIp(); });
  }
  void Fill(world::CrowdedPort& crowded) { crowded.name = PortName(); }

  // Puts a row with random content, or erases the one that has its key.
  void ChangeOneRow(world::World& world) {
    int left = static_cast<int>(Pick(std::tuple_size_v<decltype(world.Tables())>));
    world.ForEachTable([&]<class Row>(engine::Table<Row>& table) {
      if (left-- != 0) return;
      Row row;
      Fill(row);
      if (Pick(3) == 0)
        table.Erase(row.key());
      else
        table.Put(std::move(row));
    });
  }

  void CopyShuffled(world::World& from, world::World& to) {
    to.ForEachTable([&](auto& table) { CopyShuffled(from, table); });
  }

 private:
  template <class Row>
  void CopyShuffled(world::World& from, engine::Table<Row>& to) {
    std::vector<Row> rows;
    from.Of<Row>().ForEach([&](const Row& row) { rows.push_back(row); });
    std::ranges::shuffle(rows, random_);
    for (Row& row : rows) to.Put(std::move(row));
  }

  std::mt19937 random_;
};

template <class Item>
bool Equal(const engine::Desired<Item>& a, const engine::Desired<Item>& b) {
  size_t count = 0, equal = 0;
  a.ForEach([&](const Item& item) {
    const Item* other = b.Find(item.id());
    ++count;
    equal += other != nullptr && *other == item;
  });
  return equal == count && b.size() == count;
}

template <class... Items>
bool AllEqual(const engine::Engine<Items...>& a, const engine::Engine<Items...>& b) {
  return (Equal(a.template desired<Items>(), b.template desired<Items>()) && ...);
}

void ExpectLawful(const flow::Flow& flow) {
  const auto in_use = [](uint8_t number) {
    const TableInfo* table = TableOf(number);
    return table != nullptr && table->in_use;
  };
  EXPECT_TRUE(in_use(flow.key.table)) << flow.ToString();
  EXPECT_EQ(KindOfCookie(flow.cookie), CookieKind::kRule) << flow.ToString();
  const auto leads_on = [&](uint8_t table) {
    EXPECT_GT(table, flow.key.table) << "packets only go forward: " << flow.ToString();
    EXPECT_TRUE(in_use(table)) << "an empty table costs no hop: " << flow.ToString();
  };
  for (const flow::Action& action : flow.actions) {
    if (const auto* go = std::get_if<flow::GotoTable>(&action)) leads_on(go->table);
    const auto* ct = std::get_if<flow::Ct>(&action);
    if (ct == nullptr) continue;
    if (ct->table) leads_on(*ct->table);
    EXPECT_TRUE(std::ranges::count(kZonesInUse, Zone{std::get<uint16_t>(ct->zone)}) == 1)
        << "else who gets an address next inherits its connections: " << flow.ToString();
  }
}

TEST(OracleTest, IncrementalIsFreshAndEveryFlowIsLawful) {
  for (uint32_t seed = 0; seed < 12; ++seed) {
    SCOPED_TRACE(seed);
    Churn churn(seed);
    world::World world;
    Pipeline pipeline(world);
    engine::Cursor<flow::Flow> flows(pipeline.engine().desired<flow::Flow>());
    for (int step = 0; step < 60; ++step) {
      for (uint32_t changes = churn.Pick(5); changes > 0; --changes) churn.ChangeOneRow(world);
      pipeline.engine().Run();
      if (churn.Coin()) flows.Skip();

      world::World same;
      Pipeline fresh(same);
      churn.CopyShuffled(world, same);
      fresh.engine().Run();
      EXPECT_TRUE(AllEqual(pipeline.engine(), fresh.engine())) << "step " << step;
      EXPECT_EQ(pipeline.Problems(), fresh.Problems());
      pipeline.engine().desired<flow::Flow>().ForEach(ExpectLawful);
      if (testing::Test::HasFailure()) return;
    }
  }
}

// Rules never meet by accident: without contradicting facts no key is claimed twice.
TEST(OracleTest, ConsistentFactsConflictInNothing) {
  world::World world;
  Pipeline pipeline(world);
  const auto octet = [](int value) { return static_cast<uint8_t>(value); };
  world::Self self;
  self.node = "n0";
  self.pod_ranges = {Prefix(Ip4{{10, 1, 0, 0}}, 24)};
  self.gateways = {Ip4{{10, 1, 0, 1}}};
  self.snat = {Ip4{{10, 1, 0, 2}}};
  world.self.Put(self);
  world.cluster.Put({.pods = {Prefix(Ip4{{10, 1, 0, 0}}, 16)}});
  world.datapath.Put({.netdev = true, .nd_flows = true, .overlay_port = 1});
  for (int i = 0; i < 20; ++i)
    world.nodes.Put({"n" + std::to_string(i),
                     {Prefix(Ip4{{10, 1, octet(i), 0}}, 24)},
                     {Ip4{{10, 200, 0, octet(i)}}}});
  for (int i = 3; i < 40; ++i) {
    world::Port port;
    port.name = "kv" + std::to_string(i);
    port.ofport = 16 + static_cast<uint32_t>(i);
    port.ips = {Ip4{{10, 1, 0, octet(i)}}};
    world.ports.Put(port);
  }
  pipeline.engine().Run();
  EXPECT_TRUE(pipeline.Problems().empty());
  pipeline.engine().desired<flow::Flow>().ForEachConflict(
      [](const flow::FlowKey& key, const auto&) { ADD_FAILURE() << key.match.ToString(); });
  pipeline.engine().desired<HostRoute>().ForEachConflict(
      [](const Prefix& dst, const auto&) { ADD_FAILURE() << dst.ToString(); });
}

}  // namespace
}  // namespace kvs::pipeline
