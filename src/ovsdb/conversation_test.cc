#include "ovsdb/conversation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kvs::ovsdb {
namespace {

using testing::HasSubstr;
using Reason = TransactError::Reason;

constexpr char kUuid[] = "11111111-2222-3333-4444-555555555555";
constexpr char kZero[] = "00000000-0000-0000-0000-000000000000";
const Uuid kRow = *Uuid::Parse(kUuid);  // NOLINT: a constant

class ConversationTest : public testing::Test {
 protected:
  // What the server says; fails the test unless the conversation takes it.
  void Say(const std::string& text) {
    const auto good = conversation.Receive(text);
    EXPECT_TRUE(good) << good.error().message;
  }
  std::string Complaint(const std::string& text) {
    const auto good = conversation.Receive(text);
    return good ? "" : good.error().message;
  }
  void Monitor(const std::string& content) {
    conversation.StartMonitor(MonitorAll(), [](const Result<>& done) { EXPECT_TRUE(done); });
    Say(R"({"id":1,"error":null,"result":[false,")" + std::string(kZero) + "\"," + content + "]}");
  }
  void Update(const std::string& updates, const std::string& transaction = kZero) {
    Say(UpdateText(updates, transaction));
  }
  static std::string UpdateText(const std::string& updates, const std::string& last = kZero) {
    return R"({"id":null,"method":"update3","params":[1,")" + last + "\"," + updates + "]}";
  }
  static std::string InterfaceUpdate(const std::string& row_update) {
    return R"({"Interface":{")" + std::string(kUuid) + "\":" + row_update + "}}";
  }
  const Interface& Row() { return *replication.replica.interfaces.Find(kRow); }

  Replication replication;
  std::string sent;
  std::vector<std::string> changes;  // "+name", "-name", "name"
  Conversation conversation{replication,
                            {[this](std::string_view bytes) { sent += bytes; },
                             [this](const Change& change) {
                               for (const auto& [before, after] : change.interfaces)
                                 changes.push_back(!before  ? "+" + after->name
                                                   : !after ? "-" + before->name
                                                            : after->name);
                             }}};
};

TEST_F(ConversationTest, AppliesEveryKindOfRowUpdate) {
  Monitor(InterfaceUpdate(
      R"({"initial":{"name":"kv3","external_ids":["map",[["a","1"],["b","2"]]],"ofport":["set",[]]}})"));
  EXPECT_EQ(Row().name, "kv3");
  EXPECT_EQ(Row().ofport, std::nullopt);

  // An optional column comes as its new value, a map as the difference.
  Update(InterfaceUpdate(
      R"({"modify":{"ofport":19,"external_ids":["map",[["a","1"],["b","3"],["c","4"]]]}})"));
  EXPECT_EQ(Row().ofport, 19);
  EXPECT_EQ(Row().external_ids, (StringMap{{"b", "3"}, {"c", "4"}}));
  Update(InterfaceUpdate(R"({"modify":{"ofport":["set",[]],"error":["set",["bad"]]}})"));
  EXPECT_EQ(Row().ofport, std::nullopt);
  EXPECT_EQ(Row().error, "bad");
  EXPECT_EQ(replication.replica.interfaces.Find("kv3"), &Row());

  Update(InterfaceUpdate(R"({"delete":null})"));
  EXPECT_TRUE(replication.replica.interfaces.empty());
  EXPECT_EQ(replication.replica.interfaces.Find("kv3"), nullptr);
  EXPECT_THAT(changes, testing::ElementsAre("+kv3", "kv3", "kv3", "-kv3"));
}

TEST_F(ConversationTest, AppliesSetsAsSymmetricDifference) {
  const std::string other = "66666666-2222-3333-4444-555555555555";
  const auto ports = [&](const std::string& kind, const std::string& set) {
    return R"({"Bridge":{")" + std::string(kUuid) + "\":{\"" + kind + R"(":{"name":"b","ports":)" +
           set + "}}}}";
  };
  Monitor(ports("initial", R"(["uuid",")" + std::string(kUuid) + "\"]"));
  const auto& bridge = *replication.replica.bridges.Find(kRow);
  EXPECT_EQ(bridge.ports, UuidSet{kRow});
  Update(ports("modify",
               R"(["set",[["uuid",")" + std::string(kUuid) + R"("],["uuid",")" + other + "\"]]]"));
  EXPECT_EQ(replication.replica.bridges.Find(kRow)->ports, UuidSet{*Uuid::Parse(other)});
}

TEST_F(ConversationTest, ANameMovesToANewRowInOneUpdate) {
  Monitor(InterfaceUpdate(R"({"initial":{"name":"kv3"}})"));
  for (const char* fresh :
       {"00000000-0000-0000-0000-000000000001", "ffffffff-0000-0000-0000-000000000001"}) {
    const Uuid old = replication.replica.interfaces.begin()->first;
    Update(R"({"Interface":{")" + old.ToString() + R"(":{"delete":null},")" + fresh +
           R"(":{"insert":{"name":"kv3"}}}})");
    ASSERT_NE(replication.replica.interfaces.Find("kv3"), nullptr);
    EXPECT_EQ(replication.replica.interfaces.Find("kv3")->uuid.ToString(), fresh);
  }
}

TEST_F(ConversationTest, WholeContentAgainIsReportedAsWhatChanged) {
  const std::string keep = R"("00000000-0000-0000-0000-000000000001":{"initial":{"name":"keep"}})";
  const std::string gone = R"("00000000-0000-0000-0000-000000000002":{"initial":{"name":"gone"}})";
  const std::string made = R"("00000000-0000-0000-0000-000000000003":{"initial":{"name":"made"}})";
  Monitor(R"({"Interface":{)" + keep + "," + gone + "}}");
  changes.clear();
  Conversation second(replication,
                      {[](std::string_view) {},
                       [&](const Change& change) { EXPECT_EQ(change.interfaces.size(), 2u); }});
  bool synced = false;
  second.StartMonitor(MonitorAll(), [&](const Result<>&) { synced = true; });
  EXPECT_TRUE(second.Receive(R"({"id":1,"error":null,"result":[false,")" + std::string(kZero) +
                             R"(",{"Interface":{)" + keep + "," + made + "}}]}"));
  EXPECT_TRUE(synced);
  EXPECT_EQ(replication.replica.interfaces.size(), 2u);
  EXPECT_NE(replication.replica.interfaces.Find("made"), nullptr);
}

TEST_F(ConversationTest, ResumesFromTheLastTransaction) {
  Monitor(InterfaceUpdate(R"({"initial":{"name":"kv3"}})"));
  Update(InterfaceUpdate(R"({"modify":{"ofport":1}})"), kUuid);
  std::string request;
  Conversation second(replication, {[&](std::string_view bytes) { request += bytes; }, {}});
  second.StartMonitor(MonitorAll(), [](const Result<>& done) { EXPECT_TRUE(done); });
  EXPECT_THAT(request, HasSubstr(std::string("\"") + kUuid + "\"]"));
  EXPECT_TRUE(second.Receive(R"({"id":1,"error":null,"result":[true,")" + std::string(kUuid) +
                             "\"," + InterfaceUpdate(R"({"modify":{"ofport":2}})") + "]}"));
  EXPECT_EQ(Row().ofport, 2);
  EXPECT_EQ(Row().name, "kv3");
}

TEST_F(ConversationTest, AnUpdateThatDoesNotFitChangesNothing) {
  Monitor(InterfaceUpdate(R"({"initial":{"name":"kv3"}})"));
  Update("{}", kUuid);
  const Replica before = replication.replica;
  for (const char* bad :
       {R"({"modify":{"ofport":"x"}})", R"({"modify":{"external_ids":["map",[["a"]]]}})",
        R"({"modify":{"external_ids":["map",7]}})", R"({"modify":7})", R"({"new":{}})", R"({})",
        R"([])", R"({"insert":{"name":7}})"}) {
    EXPECT_NE(Complaint(UpdateText(InterfaceUpdate(bad))), "") << bad;
    EXPECT_EQ(replication.replica, before) << bad;
    EXPECT_EQ(replication.last_transaction, Uuid());
  }
  EXPECT_THAT(Complaint(UpdateText(
                  R"({"Interface":{"00000000-0000-0000-0000-000000000009":{"modify":{}}}})")),
              HasSubstr("modified, but it was never inserted"));
  EXPECT_THAT(Complaint(UpdateText(R"({"Interface":{"x":{"delete":null}}})")),
              HasSubstr("is not a UUID"));
}

TEST_F(ConversationTest, AnswersEchoAndRefusesWhatItDoesNotKnow) {
  Say(R"({"id":"echo","method":"echo","params":[1]})");
  EXPECT_EQ(sent, R"({"id":"echo","result":[1],"error":null})");
  sent.clear();
  Say(R"({"id":9,"method":"steal","params":[]})");
  EXPECT_THAT(sent, HasSubstr("unknown method"));
  sent.clear();
  Say(R"({"id":null,"method":"locked","params":[]})");
  EXPECT_EQ(sent, "");
}

TEST_F(ConversationTest, GarbageIsAnError) {
  for (const char* bad :
       {"{]}", R"({"id":7,"result":[],"error":null})", R"({"id":"x","result":[]})", "{}",
        R"({"method":"update3","id":null})", R"({"method":"update3","params":7,"id":null})",
        R"({"method":"update3","params":[1,"x",{}],"id":null})",
        R"({"method":"monitor_canceled","params":[1],"id":null})"}) {
    Replication empty;
    Conversation fresh(empty, {[](std::string_view) {}, {}});
    EXPECT_FALSE(fresh.Receive(bad)) << bad;
  }
}

class TransactTest : public ConversationTest {
 protected:
  // Transacts and lets the server reply.
  Outcome Ask(const Transaction& transaction, const std::string& result,
              const std::string& error = "null") {
    std::optional<Outcome> got;
    Replication empty;
    Conversation fresh(empty, {[this](std::string_view bytes) { sent += bytes; }, {}});
    fresh.Transact(transaction, [&](Outcome outcome) { got = std::move(outcome); });
    const auto good = fresh.Receive(R"({"id":1,"result":)" + result + ",\"error\":" + error + "}");
    if (!good) fresh.Close(good.error());
    return *got;
  }
  static Transaction OneUpdate() {
    Transaction transaction;
    transaction.Update(Table::kInterface, kRow, {{"mtu_request", int64_t{1400}}});
    return transaction;
  }
};

TEST_F(TransactTest, ReadsWhatWasInsertedAndSelected) {
  Transaction transaction;
  const RowRef row = transaction.Insert(Table::kPort, {{"name", "p"}});
  transaction.Select(Table::kInterface, {Condition::Named("kv3")}, {"name"});
  const std::string uuid = R"(["uuid",")" + std::string(kUuid) + "\"]";
  const auto outcome = Ask(transaction, R"([{"uuid":)" + uuid + R"(},{"rows":[{"_uuid":)" + uuid +
                                            R"(,"name":"kv3"}]}])");
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->IdOf(row), kRow);
  EXPECT_EQ(outcome->selected.interfaces.Find("kv3")->uuid, kRow);
  EXPECT_EQ(sent, R"({"id":1,"method":"transact","params":["Open_vSwitch",)"
                  R"({"op":"insert","table":"Port","uuid-name":"row0","row":{"name":"p"}},)"
                  R"({"op":"select","table":"Interface","where":[["name","==","kv3"]],)"
                  R"("columns":["name","_uuid"]}]})");
}

TEST_F(TransactTest, TellsWhyItWasRefused) {
  struct Case {
    const char* result;
    Reason reason;
  };
  for (const auto& [result, reason] : {
           Case{
               R"([{"count":1},{"error":"constraint violation","details":)"
               R"("Transaction causes multiple rows in \"Port\" table to have identical values"}])",
               Reason::kDuplicate},
           Case{R"([{"error":"constraint violation","details":"7 is not in range"}])",
                Reason::kConstraint},
           Case{R"([{"error":"timed out","details":"\"wait\" timed out"}])", Reason::kWaitFailed},
           Case{R"([{"count":1},{"error":"referential integrity violation"}])", Reason::kReference},
           Case{R"([{"count":1},{"error":"I/O error: No space left on device"}])",
                Reason::kStorage},
           Case{R"([{"error":"unknown column"}])", Reason::kRefused},
       }) {
    const auto outcome = Ask(OneUpdate(), result);
    ASSERT_FALSE(outcome) << result;
    EXPECT_EQ(outcome.error().reason, reason) << result;
    EXPECT_THAT(outcome.error().message,
                HasSubstr("(update Interface 11111111-2222-3333-4444-555555555555)"));
  }
  const auto syntax = Ask(OneUpdate(), "null", R"({"error":"syntax error","details":"d"})");
  EXPECT_EQ(syntax.error().reason, Reason::kRefused);
  EXPECT_THAT(syntax.error().message, HasSubstr("syntax error: d"));
  EXPECT_THAT(Ask(OneUpdate(), "null", R"("odd")").error().message, HasSubstr("odd"));
}

TEST_F(TransactTest, AReplyThatIsNoneLeavesTheOutcomeUnknown) {
  for (const char* bad : {"7", "null", "[]", "[null]", "[{},{}]", R"([{"uuid":7}])"}) {
    const auto outcome = Ask(OneUpdate(), bad);
    ASSERT_FALSE(outcome) << bad;
    EXPECT_EQ(outcome.error().reason, Reason::kUnknownOutcome) << bad;
  }
}

TEST(Transaction, RefusesTextThatOvsdbCannotTake) {
  const auto check = [](const std::string& text) {
    Transaction transaction;
    transaction.Comment(text);
    return transaction.Check().has_value();
  };
  EXPECT_TRUE(check("d\xc3\xa9j\xc3\xa0 \" \\ \n \\u0000 \\"));
  EXPECT_FALSE(check("\xff"));
  EXPECT_FALSE(check(std::string("a\0b", 3)));
}

TEST(Uuid, TextBothWays) {
  EXPECT_EQ(kRow.ToString(), kUuid);
  for (const char* bad :
       {"", "11111111-2222-3333-4444-55555555555", "1111111--2222-3333-4444-555555555555",
        "11111111-2222-3333-4444-55555555555g", "11111111-2222-3333-4444-5555555555555"})
    EXPECT_FALSE(Uuid::Parse(bad)) << bad;
}

}  // namespace
}  // namespace kvs::ovsdb
