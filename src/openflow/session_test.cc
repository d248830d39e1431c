#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "io/stream.h"
#include "io/test_loop.h"
#include "openflow/connection.h"
#include "openflow/framer.h"

namespace kvs::openflow {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

// A peer that says what the test wants it to.
class SessionTest : public testing::Test {
 protected:
  SessionTest() : path_(testing::TempDir() + "kvs-session." + std::to_string(getpid())) {
    listener_ = *io::Listener::OnUnixSocket(loop_, path_, [this](auto peer) {
      peer_ = std::move(peer);
      framer_ = Framer();
      ++accepted_;
      peer_->Serve({.on_data =
                        [this](std::span<const uint8_t> bytes) {
                          framer_.Append(bytes);
                          while (const auto message = framer_.Next()) Receive(*message);
                        },
                    .on_close = [](const Error&) {}});
      if (!greeting_.empty()) peer_->Write(std::string_view(greeting_));
    });
    connection_ = std::make_unique<Connection>(
        loop_, path_,
        Connection::Handlers{
            .on_up = [this](uint64_t id) { ups_.push_back(id); },
            .on_down = [this](const Error& error) { downs_.push_back(error.message); }},
        Connection::Options{.probe_interval = milliseconds(50)});
  }

  // A well-behaved switch, as far as it goes; older than 3.1.
  void Receive(const Message& message) {
    if (silent_) return;
    Writer out;
    if (message.type == MessageType::kHello) Envelope(out, MessageType::kHello, 1);
    if (message.type == MessageType::kEchoRequest) {
      ++echoes_;
      Envelope(out, MessageType::kEchoReply, message.xid);
    }
    if (message.type == MessageType::kFeaturesRequest) {
      const Envelope features(out, MessageType::kFeaturesReply, message.xid);
      out.U64(0xabc);
      out.Zeros(16);
    }
    if (message.type == MessageType::kBarrierRequest)
      Envelope(out, MessageType::kBarrierReply, message.xid);
    if (Reader body = message.body; message.type == MessageType::kExperimenter && body.U32() &&
                                    body.U32() == static_cast<uint32_t>(NiciraMessage::kCtFlush)) {
      const Envelope error(out, MessageType::kError, message.xid);
      out.U16(1);
      out.U16(4);
    }
    if (message.type == MessageType::kMultipartRequest) requests_.push_back(message.xid);
    if (out.size() > 0) peer_->Write(out.bytes());
  }

  void Run(const std::function<bool()>& done) { ASSERT_TRUE(loop_.Until(done)); }

  io::TestLoop loop_;
  const std::string path_;
  std::unique_ptr<io::Stream> peer_;
  Framer framer_;
  std::string greeting_;
  bool silent_ = false;
  int accepted_ = 0, echoes_ = 0;
  std::vector<uint32_t> requests_;
  std::unique_ptr<io::Listener> listener_;
  std::unique_ptr<Connection> connection_;
  std::vector<uint64_t> ups_;
  std::vector<std::string> downs_;
};

TEST_F(SessionTest, ComesUpAndProbes) {
  Run([this] { return connection_->up() && echoes_ > 2; });
  EXPECT_EQ(ups_, std::vector<uint64_t>{0xabc});
  EXPECT_TRUE(downs_.empty());
}

TEST_F(SessionTest, SilenceIsDeath) {
  Run([this] { return connection_->up(); });
  silent_ = true;
  Run([this] { return !downs_.empty(); });
  EXPECT_THAT(downs_[0], HasSubstr("no answer for 150 ms"));
  silent_ = false;
  Run([this] { return connection_->up(); });
}

TEST_F(SessionTest, GarbageIsNotOpenFlow) {
  silent_ = true;
  greeting_ = std::string("\6\0\0\3garbage", 11);
  Run([this] { return !downs_.empty() && accepted_ > 1; });
  EXPECT_THAT(downs_[0], HasSubstr("does not speak OpenFlow"));
  EXPECT_EQ(downs_.size(), 1u);  // said once
  silent_ = false;
  greeting_.clear();
  Run([this] { return connection_->up(); });
}

TEST_F(SessionTest, AnotherProtocolIsNotOpenFlow) {
  silent_ = true;
  greeting_ = "HTTP/1.1 400 Bad Request\r\n\r\n";
  Run([this] { return !downs_.empty(); });
  EXPECT_THAT(downs_[0], HasSubstr("does not speak OpenFlow"));
}

TEST_F(SessionTest, AnOldSwitchIsToldApart) {
  silent_ = true;
  greeting_ = std::string("\4\0\0\10\0\0\0\1", 8);  // OpenFlow 1.3
  Run([this] { return !downs_.empty(); });
  EXPECT_THAT(downs_[0], HasSubstr("version 4 at most"));
}

TEST_F(SessionTest, ABrokenAnswerFailsItsQuestionOnly) {
  Run([this] { return connection_->up(); });
  std::vector<std::string> ends;
  const auto done = [&ends](const auto& result) {
    ends.push_back(result ? "ok" : result.error().message);
  };
  connection_->DumpGroups(done);
  connection_->DumpPorts(done);
  Run([this] { return requests_.size() == 2; });
  Writer out;
  {
    const Envelope reply(out, MessageType::kMultipartReply, requests_[0]);
    out.U16(7);
    out.Zeros(6);
    out.U32(0xffff0000);  // a group longer than the message
  }
  {
    const Envelope reply(out, MessageType::kMultipartReply, 12345);  // nobody asked
    out.Zeros(8);
  }
  {
    const Envelope reply(out, MessageType::kError, requests_[1]);
    out.U16(1);
    out.U16(2);
  }
  peer_->Write(out.bytes());
  Run([&ends] { return ends.size() == 2; });
  EXPECT_EQ(ends[0], "groups: cut off");
  EXPECT_EQ(ends[1], "the switch refused: OFPBRC_BAD_STAT (multipart type not supported)");
  EXPECT_TRUE(connection_->up());
}

TEST_F(SessionTest, ASwitchThatCannotForgetConnectionsSaysSoOnce) {
  Run([this] { return connection_->up(); });
  std::vector<std::string> ends;
  connection_->FlushConntrack({}, [&](const auto& result) {
    ends.push_back(result ? "forgotten" : result.error().message);
  });
  connection_->Barrier(
      [&](const auto& result) { ends.push_back(result ? "ok" : result.error().message); });
  Run([&ends] { return ends.size() == 2; });
  EXPECT_THAT(ends[0], HasSubstr("the switch refused: OFPBRC_BAD_SUBTYPE"));
  EXPECT_EQ(ends[1], "ok");
}

TEST_F(SessionTest, ALostConnectionEndsAllAndComesBack) {
  Run([this] { return connection_->up(); });
  std::vector<std::string> ends;
  connection_->DumpGroups([&](const auto& result) {
    ends.push_back(result.error().message);
    // Asked for in the middle of the loss: it ends too, but later.
    connection_->Barrier([&](const auto& end) { ends.push_back(end.error().message); });
  });
  connection_->Apply({EraseGroup{1}},
                     [&](const ApplyResult& result) { ends.push_back(result.error->message); });
  Run([this] { return !requests_.empty(); });
  peer_.reset();
  Run([&ends] { return ends.size() == 3; });
  // Reset, if the peer had not read all yet (unix(7)).
  const auto lost = [](const std::string& what) {
    return testing::AnyOf(what + ": closed by the other side", what + ": connection reset by peer");
  };
  EXPECT_THAT(ends[0], lost("the connection to the switch was lost"));
  EXPECT_EQ(ends[1], ends[0]);
  EXPECT_THAT(ends[2], lost("not connected"));
  Run([this] { return connection_->up(); });
  EXPECT_EQ(ups_.size(), 2u);
}

}  // namespace
}  // namespace kvs::openflow
