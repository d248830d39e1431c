#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "ovsdb/attachment.h"
#include "ovsdb/session.h"
#include "ovsdb/test_server.h"

namespace kvs::ovsdb {
namespace {

using testing::HasSubstr;
using Reason = TransactError::Reason;

class LiveTest : public testing::Test {
 protected:
  Outcome Do(const std::function<void(Transaction&)>& fill) {
    Transaction transaction;
    fill(transaction);
    return client->Transact(std::move(transaction), Soon());
  }
  Uuid AddBridge(const std::string& name, const std::string& datapath_type = "dummy") {
    RowRef bridge{Uuid()};
    const auto outcome = Do([&](Transaction& t) {
      bridge = t.InsertBridge(server.root(),
                              {.name = name, .datapath_type = datapath_type, .fail_mode = "secure"},
                              {.name = name, .type = "internal"});
    });
    EXPECT_TRUE(outcome) << outcome.error().message;
    return outcome->IdOf(bridge);
  }
  Outcome AddPort(const Uuid& bridge, const std::string& name) {
    return Do([&](Transaction& t) {
      t.InsertPort(bridge, {.name = name}, {.name = name, .type = "dummy", .ofport_request = 19});
    });
  }

  TestServer server;
  std::unique_ptr<BlockingClient> client = *BlockingClient::Connect(server.path(), Soon());
};

TEST_F(LiveTest, APortGetsItsNumber) {
  server.StartVswitchd();
  const Uuid bridge = AddBridge("br0");
  ASSERT_TRUE(client->StartMonitor({{Table::kInterface, {{Condition::Named("kv3")}, {}}}}, Soon()));
  ASSERT_TRUE(AddPort(bridge, "kv3"));
  const auto numbered = client->WaitUntil(
      [](const Replica& replica) {
        const Interface* row = replica.interfaces.Find("kv3");
        return row && row->ofport && row->mac_in_use && row->admin_state;
      },
      Soon());
  ASSERT_TRUE(numbered) << numbered.error().message;
  EXPECT_EQ(client->replica().interfaces.size(), 1u);  // the condition keeps br0 out
  EXPECT_EQ(client->replica().interfaces.Find("kv3")->ofport, 19);

  ASSERT_TRUE(Do([&](Transaction& t) { t.IncrementNextCfg(server.root()); }));
  ASSERT_TRUE(client->StartMonitor({{Table::kOpenVSwitch, {}}}, Soon()));
  EXPECT_TRUE(client->WaitUntil(
      [](const Replica& replica) {
        return replica.root()->next_cfg == 1 && replica.root()->cur_cfg == 1;
      },
      Soon()));
}

TEST_F(LiveTest, TellsATakenNameFromOtherErrors) {
  const Uuid bridge = AddBridge("br0");
  ASSERT_TRUE(AddPort(bridge, "kv3"));
  const auto taken = AddPort(bridge, "kv3");
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().reason, Reason::kDuplicate);
  EXPECT_THAT(taken.error().message, HasSubstr("insert Port kv3"));
  EXPECT_THAT(taken.error().message, HasSubstr("another row has this name"));

  const auto nowhere = AddPort(Uuid(), "kv4");
  EXPECT_EQ(nowhere.error().reason, Reason::kWaitFailed);
  EXPECT_THAT(nowhere.error().message, HasSubstr("require Bridge 00000000"));

  const auto too_high = Do([&](Transaction& t) {
    t.InsertPort(bridge, {.name = "kv5"}, {.name = "kv5", .ofport_request = 70000});
  });
  EXPECT_EQ(too_high.error().reason, Reason::kConstraint);
  const auto dangling = Do([&](Transaction& t) {
    t.InsertInto(Table::kBridge, bridge, "ports", std::vector{RowRef(Uuid{{1}})});
  });
  EXPECT_EQ(dangling.error().reason, Reason::kReference);
  const auto unknown = Do([&](Transaction& t) {
    t.Update(Table::kBridge, bridge, {{"colour", "red"}});
  });
  EXPECT_EQ(unknown.error().reason, Reason::kRefused);
  EXPECT_THAT(unknown.error().message, HasSubstr("colour"));
  const auto broken_text = Do([&](Transaction& t) { t.Comment("\xff"); });
  EXPECT_EQ(broken_text.error().reason, Reason::kRefused);
  EXPECT_TRUE(AddPort(bridge, "kv6"));  // and the connection lives
}

TEST_F(LiveTest, TheWordsDoWhatTheySay) {
  const Uuid bridge = AddBridge("br0");
  ASSERT_TRUE(AddPort(bridge, "kv3"));
  ASSERT_TRUE(client->StartMonitor(MonitorAll(), Soon()));
  ASSERT_TRUE(client->WaitUntil([](const Replica&) { return true; }, Soon()));
  const Replica& replica = client->replica();
  const Uuid row = replica.interfaces.Find("kv3")->uuid;
  const Uuid port = replica.ports.Find("kv3")->uuid;
  const auto ids = [&] { return replica.interfaces.Find("kv3")->external_ids; };

  const std::string odd = "\xc3\xa9\"\\\n}{";
  ASSERT_TRUE(Do([&](Transaction& t) {
    t.SetExternalIds(Table::kInterface, row, {{"a", "1"}, {"b", odd}});
  }));
  ASSERT_TRUE(Do([&](Transaction& t) {
    t.SetExternalIds(Table::kInterface, row, {{"a", "2"}, {"c", "3"}});
  }));
  EXPECT_EQ(ids(), (StringMap{{"a", "2"}, {"b", odd}, {"c", "3"}}));
  ASSERT_TRUE(Do([&](Transaction& t) {
    t.RemoveExternalIds(Table::kInterface, row, {"a", "c", "none"});
  }));
  EXPECT_EQ(ids(), (StringMap{{"b", odd}}));

  const auto absent = [&](const std::string& value) {
    return Do([&](Transaction& t) {
      t.RequireNone(Table::kInterface, {{"external_ids", "includes", StringMap{{"b", value}}}});
    });
  };
  EXPECT_TRUE(absent("other"));
  EXPECT_EQ(absent(odd).error().reason, Reason::kWaitFailed);
  EXPECT_TRUE(Do([&](Transaction& t) {
    t.RequireValues(Table::kInterface, row, {{"name", "kv3"}});
  }));
  EXPECT_FALSE(Do([&](Transaction& t) {
    t.RequireValues(Table::kInterface, row, {{"type", "geneve"}});
  }));

  ASSERT_TRUE(Do([&](Transaction& t) { t.DeletePort(bridge, port); }));
  ASSERT_TRUE(Do([&](Transaction& t) { t.DeletePort(bridge, port); }));
  EXPECT_EQ(replica.ports.Find("kv3"), nullptr);
  EXPECT_EQ(replica.interfaces.Find("kv3"), nullptr);
  EXPECT_FALSE(Do([&](Transaction& t) { t.SetExternalIds(Table::kInterface, row, {{"a", "1"}}); }));
  ASSERT_TRUE(Do([&](Transaction& t) { t.DeleteBridge(server.root(), bridge); }));
  EXPECT_TRUE(replica.bridges.empty() && replica.ports.empty() && replica.interfaces.empty());
}

TEST_F(LiveTest, PluginAndAgentMeetOnTheInterface) {
  const Uuid bridge = AddBridge("k-vswitch0");
  const BridgeFacts facts{"node1", *ParsePrefixes("10.1.1.0/24"), 1450,
                          BridgeFacts::Datapath::kNetdev, true};
  const Attachment attachment{.container = "f00d",
                              .ifname = "eth0",
                              .ips = *ParseIps("10.1.1.5"),
                              .mac = *Mac::Parse("0a:58:0a:01:01:05")};
  io::Loop loop;
  std::unique_ptr<Session> agent;
  agent = std::make_unique<Session>(
      loop, Session::Options{.path = server.path()},
      Session::Handlers{.on_change = [&](const Change& change) {
        for (const auto& [before, row] : change.interfaces) {
          if (!row || !Attachment::IsIn(row->external_ids) || before) continue;
          EXPECT_EQ(Attachment::FromExternalIds(row->external_ids), attachment);
          Transaction transaction;
          transaction.SetExternalIds(Table::kInterface, row->uuid,
                                     AttachmentStatus{.realized = 7}.ToExternalIds());
          agent->Transact(std::move(transaction), [&](const Outcome& o) { EXPECT_TRUE(o); });
        }
      }});
  ASSERT_TRUE(RunUntil(loop, [&] { return agent->up(); }));
  std::thread plugin([&] {
    ASSERT_TRUE(Do(
        [&](Transaction& t) { t.SetExternalIds(Table::kBridge, bridge, facts.ToExternalIds()); }));
    const auto seen = Do([&](Transaction& t) {
      t.Select(Table::kBridge, {Condition::Named("k-vswitch0")});
      t.Select(Table::kInterface, {}, {"name"});
    });
    const Bridge* found = seen->selected.bridges.Find("k-vswitch0");
    EXPECT_EQ(BridgeFacts::FromExternalIds(found->external_ids), facts);
    EXPECT_NE(seen->selected.interfaces.Find("k-vswitch0"), nullptr);

    Transaction add;
    add.InsertPort(found->uuid, {.name = "kv5"},
                   {.name = "kv5", .external_ids = attachment.ToExternalIds()});
    const auto sent = client->SendTransact(std::move(add), Soon());
    ASSERT_TRUE(
        client->StartMonitor({{Table::kInterface, {{Condition::Named("kv5")}, {}}}}, Soon()));
    ASSERT_TRUE(client->Receive(*sent, Soon()));
    EXPECT_TRUE(client->WaitUntil(
        [](const Replica& replica) {
          const Interface* row = replica.interfaces.Find("kv5");
          return row && AttachmentStatus::FromExternalIds(row->external_ids).realized == 7;
        },
        Soon()));
  });
  std::atomic<bool> done = false;
  std::thread join([&] {
    plugin.join();
    done = true;
  });
  EXPECT_TRUE(RunUntil(loop, [&] { return done.load(); }));
  join.join();
}

TEST_F(LiveTest, ARestartOfTheServerLosesNoChange) {
  AddBridge("kept");
  AddBridge("gone");
  io::Loop loop;
  std::vector<std::string> changes, downs;
  int ups = 0;
  Session session(loop, {.path = server.path(), .first_retry = std::chrono::milliseconds(10)},
                  {.on_change =
                       [&](const Change& change) {
                         for (const auto& [before, after] : change.bridges)
                           changes.push_back(after ? "+" + after->name : "-" + before->name);
                       },
                   .on_up = [&] { ++ups; },
                   .on_down = [&](const Error& reason) { downs.push_back(reason.message); }});
  ASSERT_TRUE(RunUntil(loop, [&] { return ups == 1; }));
  EXPECT_THAT(changes, testing::UnorderedElementsAre("+kept", "+gone"));
  changes.clear();

  const std::string gone = session.replica().bridges.Find("gone")->uuid.ToString();
  server.Stop();
  ASSERT_TRUE(RunUntil(loop, [&] { return !session.up() && downs.size() > 1; }));
  EXPECT_THAT(downs[0], HasSubstr("OVSDB at /tmp/kvs-ovsdb-"));
  EXPECT_EQ(session.replica().bridges.size(), 2u);
  std::optional<Outcome> refused;
  session.Transact({}, [&](Outcome outcome) { refused = std::move(outcome); });
  EXPECT_FALSE(refused);
  ASSERT_TRUE(RunUntil(loop, [&] { return refused.has_value(); }));
  EXPECT_EQ(refused->error().reason, Reason::kNotConnected);

  server.TransactOffline(
      R"({"op":"mutate","table":"Open_vSwitch","where":[],"mutations":[["bridges","delete",)"
      R"(["uuid",")" +
      gone +
      R"("]],["bridges","insert",["named-uuid","made"]]]},)"
      R"({"op":"insert","table":"Bridge","uuid-name":"made","row":{"name":"made"}})");
  server.Start();
  ASSERT_TRUE(RunUntil(loop, [&] { return ups == 2; }));
  EXPECT_THAT(changes, testing::UnorderedElementsAre("+made", "-gone"));
  EXPECT_NE(session.replica().bridges.Find("kept"), nullptr);
}

}  // namespace
}  // namespace kvs::ovsdb
