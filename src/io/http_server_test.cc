#include "io/http_server.h"

#include <gtest/gtest.h>

#include "io/process.h"
#include "io/work.h"

namespace kvs::io {
namespace {

using std::chrono_literals::operator""ms;

// A server on a socket of its own, and a client that sends bytes and collects all until the server
// closes.
class HttpServerTest : public testing::Test {
 protected:
  std::string Talk(const std::string& bytes) {
    const std::string path = "/tmp/kvs-http-test." + std::to_string(getpid());
    auto server =
        HttpServer::OnUnixSocket(loop_, path, [this](const HttpRequest& request, auto reply) {
          requests_.push_back(request);
          if (request.path == "/later") {
            later_ = std::make_unique<Timer>(loop_, [reply] { reply({.body = "late\n"}); });
            later_->Start(5ms);
          } else {
            reply({.status = request.path == "/" ? 200 : 404, .body = request.path + "\n"});
          }
        });
    EXPECT_TRUE(server) << server.error().message;
    std::string received;
    Timer deadline(loop_, [this] { loop_.Stop(); });
    deadline.Start(2000ms);
    auto client = Stream::Connect(loop_, path,
                                  {.on_open = {},
                                   .on_data =
                                       [&](std::span<const uint8_t> data) {
                                         received.append(reinterpret_cast<const char*>(data.data()),
                                                         data.size());
                                       },
                                   .on_close = [this](const Error&) { loop_.Stop(); }});
    client->Write(bytes);
    loop_.Run();
    EXPECT_TRUE(deadline.active()) << "the server did not close the connection";
    return received;
  }

  Loop loop_;
  std::vector<HttpRequest> requests_;
  std::unique_ptr<Timer> later_;
};

TEST_F(HttpServerTest, AnswersAndCloses) {
  const std::string answer = Talk("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("Content-Length: 2\r\nConnection: close\r\n\r\n/\n")) << answer;
}

TEST_F(HttpServerTest, DecodesPathAndQuery) {
  Talk("PUT /a%20b?level=de%62ug&x HTTP/1.0\r\n\r\n");
  ASSERT_EQ(requests_.size(), 1u);
  EXPECT_EQ(requests_[0].method, "PUT");
  EXPECT_EQ(requests_[0].path, "/a b");
  EXPECT_EQ(requests_[0].query.at("level"), "debug");
  EXPECT_EQ(requests_[0].query.at("x"), "");
}

TEST_F(HttpServerTest, KeepsTheOrderOfRequestsThatComeAtOnce) {
  const std::string answers = Talk(
      "GET /later HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /b HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const size_t late = answers.find("late\n"), b = answers.find("/b\n"), c = answers.find("/c\n");
  ASSERT_NE(c, std::string::npos) << answers;
  EXPECT_LT(late, b);
  EXPECT_LT(b, c);
}

TEST_F(HttpServerTest, ClosesOnGarbageAndOnTooMuch) {
  EXPECT_EQ(Talk("\x16\x03\x01 not HTTP\r\n\r\n"), "");
  EXPECT_EQ(Talk("GET / HTTP/1.1\r\nX: " + std::string(100000, 'a') + "\r\n\r\n"), "");
}

TEST_F(HttpServerTest, HeadHasNoBody) {
  EXPECT_TRUE(Talk("HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n").ends_with("\r\n\r\n"));
}

TEST(HttpServer, SaysWhatIsWrongWithAnAddress) {
  Loop loop;
  const auto server = HttpServer::OnTcp(loop, "localhost", {});
  ASSERT_FALSE(server);
  EXPECT_NE(server.error().message.find("expected IP:PORT"), std::string::npos);
}

TEST(Process, GivesInputAndCollectsBothOutputs) {
  Loop loop;
  Result<Process::Outcome> outcome;
  const auto process = Process::Run(loop, {"sh", "-c", "cat; echo problem >&2; exit 3"}, "hello\n",
                                    [&](Result<Process::Outcome> o) { outcome = std::move(o); });
  loop.Run();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->exit_code, 3);
  EXPECT_EQ(outcome->output, "hello\nproblem\n");
}

TEST(Process, ThatCannotStartIsReported) {
  Loop loop;
  Result<Process::Outcome> outcome;
  const auto process = Process::Run(loop, {"/no/such/program"}, "",
                                    [&](Result<Process::Outcome> o) { outcome = std::move(o); });
  loop.Run();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->exit_code, 127);
  EXPECT_NE(outcome->output.find("no such file"), std::string::npos) << outcome->output;
}

TEST(Process, DiesWithItsOwner) {
  Loop loop;
  bool called = false;
  auto process =
      Process::Run(loop, {"sleep", "60"}, "", [&](Result<Process::Outcome>) { called = true; });
  Timer soon(loop, [&] { process.reset(); });
  soon.Start(20ms);
  loop.Run();  // ends because nothing is left to wait for
  EXPECT_FALSE(called);
}

TEST(Work, RunsBesideTheLoopAndComesBack) {
  Loop loop;
  int steps = 0;
  const auto work = Work::Run(
      loop, [&] { ++steps; }, [&] { ++steps; });
  loop.Run();
  EXPECT_EQ(steps, 2);
}

TEST(Work, WhoseOwnerIsGoneIsNotHeardOf) {
  Loop loop;
  bool done = false;
  Work::Run(
      loop, [] {}, [&] { done = true; })
      .reset();
  loop.Run();
  EXPECT_FALSE(done);
}

}  // namespace
}  // namespace kvs::io
