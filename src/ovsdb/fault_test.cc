#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "io/stream.h"
#include "io/test_loop.h"
#include "ovsdb/session.h"
#include "ovsdb/test_server.h"

// Servers that misbehave.
namespace kvs::ovsdb {
namespace {

using testing::HasSubstr;
using Reason = TransactError::Reason;

constexpr char kNothing[] =
    R"("error":null,"result":[false,"00000000-0000-0000-0000-000000000000",{}]})";

// The part of a database schema that is needed, without table `missing`.
std::string SchemaText(const std::string& missing = "") {
  std::string tables;
  const auto table = [&](const std::string& name, const std::string& columns) {
    if (name == missing) return;
    tables += (tables.empty() ? "\"" : ",\"") + name + "\":{\"columns\":{" + columns + "}}";
  };
  const std::string name = R"("name":{"type":"string"})";
  const std::string strings = R"({"type":{"key":"string","min":0,"max":"unlimited"}})";
  const std::string uuids = R"({"type":{"key":{"type":"uuid"},"min":0,"max":"unlimited"}})";
  const std::string text = R"({"type":{"key":"string","min":0,"max":1}})";
  const std::string number =
      R"({"type":{"key":{"type":"integer","minInteger":1},"min":0,"max":1}})";
  const std::string map = R"({"type":{"key":"string","value":"string","min":0,"max":"unlimited"}})";
  const std::string by_number = R"({"type":{"key":"integer","value":"uuid","min":0,"max":254}})";
  const std::string maps = ",\"external_ids\":" + map + ",\"other_config\":" + map;
  table("Open_vSwitch", R"("cur_cfg":{"type":"integer"},"next_cfg":{"type":"integer"},"bridges":)" +
                            uuids + ",\"ovs_version\":" + text + ",\"datapath_types\":" + strings +
                            ",\"iface_types\":" + strings + maps);
  table("Bridge",
        name + ",\"ports\":" + uuids + ",\"controller\":" + uuids +
            ",\"flow_tables\":" + by_number + R"(,"datapath_type":{"type":"string"},"fail_mode":)" +
            text + ",\"protocols\":" + strings +
            R"(,"stp_enable":{"type":"boolean"},"rstp_enable":{"type":"boolean"})" + maps);
  table("Flow_Table", "\"prefixes\":" + strings + ",\"external_ids\":" + map);
  table("Port", name + ",\"interfaces\":" + uuids + maps);
  table("Interface", name + R"(,"type":{"type":"string"},"ofport":)" + number +
                         ",\"ofport_request\":" + number + ",\"mtu\":" + number +
                         ",\"mtu_request\":" + number + ",\"error\":" + text +
                         ",\"mac_in_use\":" + text + ",\"admin_state\":" + text +
                         ",\"link_state\":" + text + ",\"options\":" + map + maps);
  return "{\"name\":\"Open_vSwitch\",\"tables\":{" + tables + "}}";
}

// Accepts connections and answers what `answer` says to each chunk received; "" closes.
class FakeServer {
 public:
  using Answer = std::function<std::optional<std::string>(std::string_view request)>;

  FakeServer(io::Loop& loop, Answer answer) : answer_(std::move(answer)) {
    listener_ = *io::Listener::OnUnixSocket(loop, path(), [this](auto stream) {
      ++connections;
      peer_ = std::move(stream);
      peer_->Serve({.on_data =
                        [this](std::span<const uint8_t> bytes) {
                          const auto text =
                              answer_({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
                          if (text && text->empty()) peer_.reset();
                          if (text && peer_) peer_->Write(*text);
                        },
                    .on_close = [](const Error&) {}});
    });
  }
  // An answer for the start of a session; `more` answers what comes after.
  static Answer Honest(Answer more, std::string schema = SchemaText()) {
    return [more, schema](std::string_view request) -> std::optional<std::string> {
      if (request.find("get_schema") != request.npos)
        return R"({"id":1,"error":null,"result":)" + schema + "}";
      if (request.find("monitor_cond_since") != request.npos)
        return std::string(R"({"id":2,)") + kNothing;
      return more(request);
    };
  }
  static std::string path() { return "/tmp/kvs-fake-" + std::to_string(getpid()) + ".sock"; }

  int connections = 0;

 private:
  Answer answer_;
  std::unique_ptr<io::Listener> listener_;
  std::unique_ptr<io::Stream> peer_;
};

class SessionFault : public testing::Test {
 protected:
  void Open(std::chrono::milliseconds probe = std::chrono::milliseconds(5000)) {
    session.emplace(loop,
                    Session::Options{.path = FakeServer::path(),
                                     .probe_interval = probe,
                                     .first_retry = std::chrono::milliseconds(1),
                                     .last_retry = std::chrono::milliseconds(1)},
                    Session::Handlers{.on_down = [this](const Error& reason) {
                      downs.push_back(reason.message);
                    }});
  }

  io::TestLoop loop;
  std::optional<Session> session;
  std::vector<std::string> downs;
};

TEST_F(SessionFault, SaysThatNobodyListens) {
  Open();
  ASSERT_TRUE(loop.Until([&] { return downs.size() >= 2; }));
  EXPECT_EQ(downs[0], "OVSDB at " + FakeServer::path() + ": no such file or directory");
}

TEST_F(SessionFault, GarbageEndsTheConnectionAndItTriesAgain) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"HTTP/1.1 400 Bad Request\r\n\r\n", "where a JSON object should begin"},
      {"{\"id\":1,]}", "bad JSON"},
      {R"({"id":99,"result":{},"error":null})", "without a request"},
      {R"({"id":1,"result":{},"error":null})", "has no table Open_vSwitch"},
      {R"({"id":1,"result":null,"error":{"error":"unknown database"}})", "unknown database"}};
  for (const auto& [garbage, message] : cases) {
    FakeServer server(loop, [&answer = garbage](std::string_view) { return answer; });
    downs.clear();
    Open();
    ASSERT_TRUE(loop.Until([&] { return downs.size() >= 2; })) << garbage;
    EXPECT_THAT(downs[0], HasSubstr(message));
    EXPECT_GE(server.connections, 2);
    session.reset();
  }
}

TEST_F(SessionFault, NamesWhatTheSchemaLacks) {
  std::string schema = SchemaText("Port");
  FakeServer server(loop, [&](std::string_view request) {
    return FakeServer::Honest([](auto) { return std::nullopt; }, schema)(request);
  });
  const auto next_down = [&] {
    downs.clear();
    const bool down = loop.Until([&] { return downs.size() >= 2; });
    return down ? downs.back().substr(downs.back().find(": ") + 2) : "";
  };
  Open();
  EXPECT_EQ(next_down(),
            "database Open_vSwitch has no table Port; Open vSwitch 3.1 or later is needed");
  schema = SchemaText();
  schema.replace(schema.find("mtu_request"), 11, "mtu_inquiry");
  EXPECT_EQ(next_down(),
            "database Open_vSwitch, table Interface: there is no column mtu_request; "
            "Open vSwitch 3.1 or later is needed");
  schema = SchemaText();
  schema.replace(schema.find(R"("cur_cfg":{"type":"integer"})"), 28,
                 R"("cur_cfg":{"type":"boolean"})");
  EXPECT_EQ(next_down(),
            "database Open_vSwitch, table Open_vSwitch, column cur_cfg: its type is "
            "boolean, not integer; Open vSwitch 3.1 or later is needed");
  schema = SchemaText();
  ASSERT_TRUE(loop.Until([&] { return session->up(); }));
}

TEST_F(SessionFault, ACloseInTheMiddleLeavesTheOutcomeUnknown) {
  FakeServer server(loop, FakeServer::Honest([](auto) { return ""; }));
  Open();
  ASSERT_TRUE(loop.Until([&] { return session->up(); }));
  std::optional<Outcome> outcome;
  session->Transact({}, [&](Outcome result) { outcome = std::move(result); });
  ASSERT_TRUE(loop.Until([&] { return outcome.has_value(); }));
  EXPECT_EQ(outcome->error().reason, Reason::kUnknownOutcome);
  EXPECT_THAT(outcome->error().message, HasSubstr("the outcome is unknown"));
  EXPECT_THAT(outcome->error().message, HasSubstr("closed by the other side"));
  EXPECT_TRUE(loop.Until([&] { return session->up(); }));
}

TEST_F(SessionFault, ADatabaseThatCannotBeWrittenIsTold) {
  int requests = 0;
  FakeServer server(
      loop, FakeServer::Honest([&](std::string_view) {
        const std::string results =
            ++requests == 1 ? R"({"error":"I/O error","details":"No space left on device"})" : "";
        return fmt::format(R"({{"id":{},"error":null,"result":[{}]}})", 2 + requests, results);
      }));
  Open();
  ASSERT_TRUE(loop.Until([&] { return session->up(); }));
  int answered = 0;
  session->Transact({}, [&](const Outcome&) { ++answered; });
  ASSERT_TRUE(loop.Until([&] { return answered == 1; }));
  EXPECT_THAT(session->unwritable(), HasSubstr("is its disk full?"));
  session->Transact({}, [&](const Outcome&) { ++answered; });
  ASSERT_TRUE(loop.Until([&] { return answered == 2; }));
  EXPECT_EQ(session->unwritable(), "");
}

TEST_F(SessionFault, AHalfMessageThenACloseIsACleanDown) {
  FakeServer server(loop, [half = false](std::string_view) mutable -> std::optional<std::string> {
    half = !half;
    return half ? R"({"id":1,"error":null,"result":{"tab)" : "";
  });
  Open(std::chrono::milliseconds(20));  // the probe makes the server close
  ASSERT_TRUE(loop.Until([&] { return downs.size() >= 2; }));
}

TEST_F(SessionFault, ASilentServerIsGivenUp) {
  FakeServer server(loop, [](auto) { return std::nullopt; });
  Open(std::chrono::milliseconds(20));
  ASSERT_TRUE(loop.Until([&] { return server.connections >= 2; }));
  EXPECT_THAT(downs[0], HasSubstr("no answer for 40 ms"));
}

TEST_F(SessionFault, AProbeThatIsAnsweredKeepsTheConnection) {
  int probes = 0;
  FakeServer server(loop, FakeServer::Honest([&](std::string_view request) {
                      EXPECT_THAT(std::string(request), HasSubstr("\"echo\""));
                      ++probes;
                      return R"({"id":)" + std::to_string(2 + probes) +
                             R"(,"result":[],"error":null})";
                    }));
  Open(std::chrono::milliseconds(200));
  ASSERT_TRUE(loop.Until([&] { return probes >= 5; }));
  EXPECT_TRUE(session->up());
  EXPECT_THAT(downs, testing::IsEmpty());
}

TEST_F(SessionFault, CanBeDestroyedInAnyCallback) {
  FakeServer server(loop, FakeServer::Honest([](auto) { return ""; }));
  std::unique_ptr<Session> doomed;
  const auto open = [&](Session::Handlers handlers) {
    doomed = std::make_unique<Session>(loop, Session::Options{.path = server.path()},
                                       std::move(handlers));
  };
  open({.on_up = [&] { doomed.reset(); }});
  EXPECT_TRUE(loop.Until([&] { return !doomed; }));

  open({.on_up = [&] { doomed->Transact({}, [](const Outcome&) {}); },
        .on_down = [&](const Error&) { doomed.reset(); }});
  EXPECT_TRUE(loop.Until([&] { return !doomed; }));

  int outcomes = 0;
  open({.on_up = [&] {
    for (int i = 0; i < 2; ++i)
      doomed->Transact({}, [&](const Outcome&) {
        ++outcomes;
        doomed.reset();
      });
  }});
  EXPECT_TRUE(loop.Until([&] { return !doomed; }));
  EXPECT_EQ(outcomes, 1);

  open({});
  for (int i = 0; i < 2; ++i)
    doomed->Transact({}, [&](const Outcome&) {
      ++outcomes;
      doomed.reset();
    });
  EXPECT_TRUE(loop.Until([&] { return !doomed; }));
  EXPECT_EQ(outcomes, 2);
}

TEST(BlockingFault, EveryCallEndsWithAClearError) {
  EXPECT_THAT(BlockingClient::Connect("/nowhere/db.sock", Soon()).error().message,
              HasSubstr("connect to /nowhere/db.sock (is ovsdb-server running?): No such file"));
  EXPECT_THAT(BlockingClient::Connect("/" + std::string(108, 'x'), Soon()).error().message,
              HasSubstr("at most 107 bytes"));

  struct Case {
    std::string answer;  // "": close; "...": say nothing
    Reason reason;
    std::string message;
  };
  for (const auto& [answer, reason, message] :
       {Case{"", Reason::kUnknownOutcome, "ovsdb-server closed the connection"},
        Case{"garbage", Reason::kUnknownOutcome, "where a JSON object should begin"},
        Case{R"({"id":1,"result":[],"er)", Reason::kDeadline, "before the deadline"},
        Case{"...", Reason::kDeadline, "no answer before the deadline"}}) {
    io::TestLoop loop;
    FakeServer server(loop, [answer = answer](std::string_view) -> std::optional<std::string> {
      if (answer == "...") return std::nullopt;
      return answer;
    });
    std::atomic<bool> done = false;
    std::thread program([&, reason = reason, message = message] {
      const auto client = BlockingClient::Connect(FakeServer::path(), Soon());
      const auto deadline =
          reason == Reason::kDeadline ? In(std::chrono::milliseconds(100)) : Soon();
      const auto outcome = (*client)->Transact({}, deadline);
      EXPECT_EQ(outcome.error().reason, reason) << outcome.error().message;
      EXPECT_THAT(outcome.error().message, HasSubstr(message));
      EXPECT_FALSE((*client)->WaitUntil([](const Replica&) { return false; },
                                        In(std::chrono::milliseconds(1))));
      done = true;
    });
    EXPECT_TRUE(loop.Until([&] { return done.load(); }));
    program.join();
  }
}

}  // namespace
}  // namespace kvs::ovsdb
