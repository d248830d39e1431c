#include "ovsdb/unixctl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

#include "io/stream.h"
#include "io/test_loop.h"
#include "ovsdb/text_reply.h"

namespace kvs::ovsdb {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;

// A folder like OVS's, in which a program answers what a test says.
class UnixctlTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  std::string Socket(const std::string& pid) const { return folder_ + "/vsw." + pid + ".ctl"; }
  void Listen(const std::string& pid, std::optional<std::string> answer) {
    listener_.reset();
    listener_ = *io::Listener::OnUnixSocket(loop_, Socket(pid), [this, answer](auto stream) {
      peer_ = std::move(stream);
      peer_->Serve({.on_open = {},
                    .on_data =
                        [this, answer](std::span<const uint8_t> bytes) {
                          asked_.append(bytes.begin(), bytes.end());
                          if (answer && answer->empty()) return peer_.reset();
                          if (answer) peer_->Write(*answer);
                        },
                    .on_close = [](const Error&) {},
                    .on_drain = {}});
    });
  }
  Result<std::string> Ask(milliseconds timeout = std::chrono::seconds(10)) {
    std::optional<Result<std::string>> answer;
    Unixctl client(loop_, folder_, "vsw", timeout);
    client.Ask("ofproto/trace", {"br", "in_port=\"1\""},
               [&](const Result<std::string>& said) { answer = said; });
    if (!loop_.Until([&] { return answer.has_value(); })) return Fail("never called");
    return *answer;
  }

  const std::string folder_ =
      fs::temp_directory_path() / ("kvs-unixctl." + std::to_string(getpid()));
  io::TestLoop loop_;
  std::unique_ptr<io::Listener> listener_;
  std::unique_ptr<io::Stream> peer_;
  std::string asked_;
};

TEST_F(UnixctlTest, GivesTheText) {
  Listen("7", R"({"error":null,"id":0,"result":"Flow: tcp\n"})");
  const auto answer = Ask();
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(*answer, "Flow: tcp\n");
  EXPECT_EQ(asked_, R"({"id":0,"method":"ofproto/trace","params":["br","in_port=\"1\""]})");
}

TEST_F(UnixctlTest, GivesLinesAsTheyCome) {
  std::string lines;
  for (size_t i = 0; i < Unixctl::kMaxAnswer / 4; ++i) lines += "line\\n";
  Listen("7", R"({"error":null,"id":0,"result":")" + lines + R"(the \"last\""})");
  Unixctl client(loop_, folder_, "vsw");
  size_t count = 0;
  std::string last;
  std::optional<Result<>> end;
  client.AskForLines(
      "dpctl/dump-conntrack", {},
      [&](std::string_view line) {
        ++count;
        last = line;
      },
      [&](const Result<>& done) { end = done; });
  ASSERT_TRUE(loop_.Until([&] { return end.has_value(); }));
  EXPECT_TRUE(*end);
  EXPECT_EQ(count, Unixctl::kMaxAnswer / 4 + 1) << "longer than what is kept";
  EXPECT_EQ(last, "the \"last\"");
}

TEST_F(UnixctlTest, AnAnswerMayComeInAnyPieces) {
  const std::string_view reply =
      R"({"error":null,"more":{"result":"no","a":[1,2.5,true]},"id":0,"result":"a\nbc\u00e9"} )";
  for (size_t cut = 0; cut <= reply.size(); ++cut) {
    std::string text;
    TextReply whole([&](std::string_view piece) { text += piece; });
    const auto first = whole.Append(reply.substr(0, cut));
    ASSERT_TRUE(first) << cut;
    const auto second = *first ? first : whole.Append(reply.substr(cut));
    EXPECT_TRUE(second && *second) << cut;
    EXPECT_EQ(text, "a\nbcé") << cut;
  }
}

TEST_F(UnixctlTest, SaysWhoRefusedWhat) {
  Listen("7", R"({"error":"no bridge br\n","id":0,"result":null})");
  EXPECT_EQ(Ask().error().message, Socket("7") + ": ofproto/trace: no bridge br");
}

TEST_F(UnixctlTest, EndsWithWhoDoesNotAnswer) {
  Listen("7", std::nullopt);
  EXPECT_THAT(Ask(milliseconds(20)).error().message,
              AllOf(HasSubstr(Socket("7")), HasSubstr("no answer within 20 ms")));
  Listen("8", "");
  EXPECT_THAT(Ask().error().message, HasSubstr("closed by the other side; does vsw run?"));
  for (const char* bad : {"what?", "{]}", R"({"id":0})", R"({"result":7})"}) {
    Listen("9", bad);
    EXPECT_FALSE(Ask()) << bad;
  }
  Listen("9", "{\"result\":\"" + std::string(Unixctl::kMaxAnswer, 'x'));
  EXPECT_THAT(Ask().error().message, HasSubstr("longer than 4 MiB"));
}

TEST_F(UnixctlTest, AsksWhomThePidfileNames) {
  EXPECT_THAT(Ask().error().message, AllOf(HasSubstr(folder_ + "/vsw.PID.ctl: there is none"),
                                           HasSubstr("systemctl status")));
  const auto make = [&](const std::string& pid, int age) {
    std::ofstream(Socket(pid)) << "";
    fs::last_write_time(Socket(pid), fs::file_time_type::clock::now() - std::chrono::hours(age));
  };
  make("1", 2);
  make("2", 1);
  make("3", 3);
  std::ofstream(folder_ + "/other.4.ctl") << "";
  EXPECT_EQ(ControlSocket(folder_, "vsw"), Socket("2")) << "the newest";
  std::ofstream(folder_ + "/vsw.pid") << "3\n";
  EXPECT_EQ(ControlSocket(folder_, "vsw"), Socket("3"));
  std::ofstream(folder_ + "/vsw.pid") << "99\n";
  EXPECT_EQ(ControlSocket(folder_, "vsw"), Socket("2")) << "the pidfile of one that is gone";
}

TEST_F(UnixctlTest, NothingIsCalledOnceItIsDestroyed) {
  Listen("7", R"({"error":null,"id":0,"result":""})");
  bool called = false;
  {
    Unixctl client(loop_, folder_, "vsw");
    client.Ask("version", {}, [&](const Result<std::string>&) { called = true; });
  }
  loop_.Advance(milliseconds(20));
  EXPECT_FALSE(called);
}

TEST_F(UnixctlTest, SoManyWaitAtOnceAndNoMore) {
  Listen("7", std::nullopt);
  Unixctl client(loop_, folder_, "vsw");
  std::string refused;
  const auto note = [&](const Result<std::string>& said) { refused += said.error().message; };
  for (size_t i = 0; i < Unixctl::kMostAtOnce; ++i) client.Ask("version", {}, note);
  EXPECT_EQ(refused, "");
  client.Ask("version", {}, note);
  EXPECT_THAT(refused, HasSubstr("16 commands are waiting already"));
}

}  // namespace
}  // namespace kvs::ovsdb
