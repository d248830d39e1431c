#include "io/http_server.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/fd.h"
#include "io/blocking_task.h"
#include "io/process.h"
#include "io/test_loop.h"

namespace kvs::io {
namespace {

using std::chrono_literals::operator""ms;

// A server on a socket of its own, and a client that sends bytes and collects all until the server
// closes.
class HttpServerTest : public testing::Test {
 protected:
  void SetUp() override {
    auto server =
        HttpServer::OnUnixSocket(loop_, path_, [this](const HttpRequest& request, auto reply) {
          requests_.push_back(request);
          if (request.path == "/later") {
            later_ = std::make_unique<Timer>(loop_, [reply] { reply({.body = "late\n"}); });
            later_->Start(5ms);
          } else if (request.path == "/long") {
            reply({.body = std::string(100'000, 'x')});
          } else {
            reply({.status = request.path == "/" ? 200 : 404, .body = request.path + "\n"});
          }
        });
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }

  std::string Talk(const std::string& bytes) {
    std::string received;
    bool closed = false;
    auto client = Stream::Connect(loop_, path_,
                                  {.on_open = {},
                                   .on_data =
                                       [&](std::span<const uint8_t> data) {
                                         received.append(reinterpret_cast<const char*>(data.data()),
                                                         data.size());
                                       },
                                   .on_close = [&](const Error&) { closed = true; }});
    client->Write(bytes);
    EXPECT_TRUE(loop_.Until([&] { return closed; })) << "the server did not close the connection";
    return received;
  }

  // A client of which the test has the socket.
  Fd Connect() const {
    Fd client(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return client;
  }
  void DoIo() { loop_.Advance(0ms); }

  const std::string path_ = "/tmp/kvs-http-test." + std::to_string(getpid());
  TestLoop loop_;
  std::unique_ptr<HttpServer> server_;
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

TEST_F(HttpServerTest, AnswersThousandsOfRequestsThatComeAtOnce) {
  std::string requests;
  for (int i = 0; i < 3500; ++i) requests += "GET / HTTP/1.1\r\n\r\n";
  const std::string answers = Talk(requests + "GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(requests_.size(), 3501u);
  EXPECT_TRUE(answers.ends_with("/\n"));
}

// RFC 9112, 6.3: two ways to say where a body ends are how one request is smuggled in another.
TEST_F(HttpServerTest, ClosesOnWhatIsNotOneRequest) {
  const std::string start = "POST / HTTP/1.1\r\n";
  for (const char* headers : {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                              "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                              "Content-Length: 5\r\nContent-Length: 6\r\n",
                              "Content-Length: -1\r\n", "Content-Length: 99999999999999999999\r\n",
                              "Content-Length: 70000\r\n", "Name : value\r\n", "no colon\r\n"})
    EXPECT_EQ(Talk(start + headers + "\r\n0\r\n\r\n"), "") << headers;
  for (const char* first : {"GET / HTTP/2.0\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/1.1\n\n",
                            " GET / HTTP/1.1\r\n\r\n", "GET / a HTTP/1.1\r\n\r\n"})
    EXPECT_EQ(Talk(first), "") << first;
  EXPECT_TRUE(requests_.empty());
}

TEST_F(HttpServerTest, TakesARequestInPiecesOfAnySize) {
  const std::string requests =
      "POST /one HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
      "POST /two HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"
      "GET /three HTTP/1.1\r\n\r\n";
  for (size_t size = 1; size < 8; ++size) {
    requests_.clear();
    const Fd client = Connect();
    for (size_t at = 0; at < requests.size(); at += size) {
      const std::string piece = requests.substr(at, size);
      ASSERT_EQ(send(client.get(), piece.data(), piece.size(), MSG_NOSIGNAL),
                static_cast<ssize_t>(piece.size()));
      DoIo();
    }
    ASSERT_EQ(requests_.size(), 3u) << size;
    EXPECT_EQ(requests_[2].path, "/three");
  }
}

TEST_F(HttpServerTest, LeavesWhoAsksAndDoesNotRead) {
  const Fd client = Connect();
  for (int i = 0; i < 50; ++i) {
    const std::string_view request = "GET /long HTTP/1.1\r\n\r\n";
    if (send(client.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) break;
    DoIo();
  }
  EXPECT_LT(send(client.get(), "x", 1, MSG_NOSIGNAL), 0) << "still connected";
  EXPECT_GT(requests_.size(), 10u);
  EXPECT_LT(requests_.size(), 40u);
}

TEST_F(HttpServerTest, LeavesTheOldestOfTooMany) {
  std::vector<Fd> clients;
  for (int i = 0; i < 65; ++i) {
    clients.push_back(Connect());
    DoIo();
  }
  char byte;
  EXPECT_EQ(recv(clients[0].get(), &byte, 1, 0), 0);
  EXPECT_EQ(recv(clients[1].get(), &byte, 1, 0), -1);
  EXPECT_EQ(errno, EAGAIN);
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

TEST(Process, IsReportedWhenNoFileCanBeOpened) {
  Loop loop;
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = dup(0);
  close(next);
  const auto run = [&](rlim_t files) {
    Result<Process::Outcome> outcome = Fail("not reported");
    const rlimit limit{.rlim_cur = files, .rlim_max = before.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    const auto process =
        Process::Run(loop, {"/no/such/program"}, "",
                     [&](Result<Process::Outcome> told) { outcome = std::move(told); });
    loop.Run();
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    return outcome ? outcome->output : outcome.error().message;
  };
  // UBSan needs a file when it first sees a type.
  EXPECT_EQ(run(before.rlim_cur), "start /no/such/program: no such file or directory");
  for (const int more : {0, 1, 2, 3, 4})
    EXPECT_EQ(run(next + more), "start /no/such/program: too many open files") << more;
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

TEST(BlockingTask, RunsBesideTheLoopAndComesBack) {
  Loop loop;
  int steps = 0;
  const auto work = BlockingTask::Run(
      loop, [&] { ++steps; }, [&] { ++steps; });
  loop.Run();
  EXPECT_EQ(steps, 2);
}

TEST(BlockingTask, WhoseOwnerIsGoneIsNotHeardOf) {
  Loop loop;
  bool done = false;
  BlockingTask::Run(
      loop, [] {}, [&] { done = true; })
      .reset();
  loop.Run();
  EXPECT_FALSE(done);
}

}  // namespace
}  // namespace kvs::io
