#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "ovsdb/test_server.h"

// Whatever is done to a real database, a replica that follows the updates equals one that is read
// afresh.
namespace kvs::ovsdb {
namespace {

class World {
 public:
  World() {
    EXPECT_TRUE(all->StartMonitor(MonitorAll(), Soon()));
    EXPECT_TRUE(some->StartMonitor(
        {{Table::kInterface, {{Condition::Named("p0"), Condition::Named("p1")}, {}}}}, Soon()));
    Transaction transaction;
    transaction.InsertBridge(server.root(), {.name = "br"}, {.name = "br", .type = "internal"});
    EXPECT_TRUE(all->Transact(transaction, Soon()));
  }

  // Does a few random things in one transaction; it may fail.
  void Step() {
    Transaction transaction;
    for (int count = *rc::gen::inRange(1, 4); count > 0; --count) Change(transaction);
    const auto outcome = all->Transact(std::move(transaction), Soon());
    if (!outcome) RC_ASSERT(outcome.error().reason <= TransactError::Reason::kReference);
  }

  void Compare() {
    const auto fresh = BlockingClient::Connect(server.path(), Soon());
    Transaction read;
    for (const Table table : kTables) read.Select(table, {});
    const auto outcome = (*fresh)->Transact(std::move(read), Soon());
    RC_ASSERT(outcome.has_value());
    RC_ASSERT(all->replica() == outcome->selected);
    Replica part;
    for (const char* name : {"p0", "p1"})
      if (const Interface* row = outcome->selected.interfaces.Find(name)) part.interfaces.Put(*row);
    RC_ASSERT(some->WaitUntil([&](const Replica& is) { return is == part; }, Soon()).has_value());
  }

 private:
  static std::string Word() {
    return *rc::gen::element<std::string>("", "a", "b", "}", "\"", "\\", "\xc3\xa9", "a b\n");
  }
  static StringMap Map() {
    StringMap map;
    for (int count = *rc::gen::inRange(0, 4); count > 0; --count) map[Word()] = Word();
    return map;
  }
  static StringSet Set() {
    const auto words = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 4));
    StringSet set;
    for (const int word : words) set.insert("OpenFlow1" + std::to_string(word));
    return set;
  }
  static Value Number() {  // of an optional column
    return *rc::gen::arbitrary<bool>() ? Value(int64_t{*rc::gen::inRange(1, 4)}) : StringSet();
  }

  void Change(Transaction& transaction) {
    const std::string name = "p" + std::to_string(*rc::gen::inRange(0, 4));
    const Bridge& bridge = *all->replica().bridges.Find("br");
    const Port* port = all->replica().ports.Find(name);
    const Interface* interface = all->replica().interfaces.Find(name);
    const int kind = *rc::gen::inRange(0, 8);
    if (kind == 0) return transaction.Update(Table::kBridge, bridge.uuid, {{"protocols", Set()}});
    if (kind == 1)
      return transaction.Update(
          Table::kBridge, bridge.uuid,
          {{"fail_mode", *rc::gen::element<Value>(StringSet(), "secure", "standalone")},
           {"stp_enable", *rc::gen::arbitrary<bool>()}});
    if (kind == 2) return transaction.IncrementNextCfg(server.root());
    if (!port || !interface) {
      transaction.InsertPort(bridge.uuid, {.name = name, .external_ids = Map()},
                             {.name = name, .ofport_request = 7, .options = Map()});
      return;
    }
    if (kind == 3) return transaction.DeletePort(bridge.uuid, port->uuid);
    if (kind == 4) return transaction.SetExternalIds(Table::kInterface, interface->uuid, Map());
    if (kind == 5)
      return transaction.RemoveExternalIds(Table::kInterface, interface->uuid, {Word(), Word()});
    if (kind == 6)
      return transaction.Update(Table::kInterface, interface->uuid,
                                {{"ofport_request", Number()}, {"mtu_request", Number()}});
    transaction.Update(Table::kInterface, interface->uuid,
                       {{"other_config", Map()}, {"type", Word()}});
  }

  TestServer server;
  std::unique_ptr<BlockingClient> all = *BlockingClient::Connect(server.path(), Soon());
  std::unique_ptr<BlockingClient> some = *BlockingClient::Connect(server.path(), Soon());
};

TEST(Property, AReplicaEqualsAFreshOne) {
  World world;
  EXPECT_TRUE(rc::check([&] {
    for (int steps = *rc::gen::inRange(1, 30); steps > 0; --steps) world.Step();
    world.Compare();
  }));
}

}  // namespace
}  // namespace kvs::ovsdb
