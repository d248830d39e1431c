#include "io/http_client_test.h"

#include <random>

namespace kvs::io {
namespace {

using namespace std::chrono_literals;

TEST_F(HttpClientTest, TellsHeadThenDataThenDone) {
  Request seen;
  Serve([&](const Request& request, const PeerPtr& peer) {
    seen = request;
    peer->Answer(201, "application/json", "{}", "Retry-After: 7\r\n");
  });
  Call call;
  call.Send(*client_, {.method = "PATCH",
                       .url = Url("/a/b?c=d%20e"),
                       .headers = {"Accept: application/json", "Content-Type: text/yaml"},
                       .body = std::string("x\0y", 3)});
  EXPECT_TRUE(call.lines.empty()) << "called from within Send()";
  ASSERT_TRUE(Until([&] { return call.done; }));
  EXPECT_EQ(call.lines, (Lines{"head 201", "data {}", "done"}));
  EXPECT_EQ(call.head.content_type, "application/json");
  EXPECT_EQ(call.head.retry_after, 7s);
  EXPECT_TRUE(call.head.peer.starts_with("127.")) << call.head.peer;
  EXPECT_EQ(seen.method, "PATCH");
  EXPECT_EQ(seen.path, "/a/b");
  EXPECT_EQ(seen.query.at("c"), "d e");
  EXPECT_EQ(seen.headers.at("accept"), "application/json");
  EXPECT_EQ(seen.headers.at("content-type"), "text/yaml");
  EXPECT_FALSE(seen.headers.contains("expect"));
  EXPECT_EQ(seen.body, std::string("x\0y", 3));
}

TEST_F(HttpClientTest, TellsWhatComesWhenItComes) {
  PeerPtr peer;
  Serve([&](const Request&, const PeerPtr& asking) { (peer = asking)->Begin(200, "text/plain"); });
  Call call;
  call.Send(*client_, {.url = Url()});
  ASSERT_TRUE(Until([&] { return call.lines.size() == 1; })) << "the head comes without a body";
  peer->Send("a");
  ASSERT_TRUE(Until([&] { return call.lines.size() == 2; }));
  peer->Send("b");
  ASSERT_TRUE(Until([&] { return call.lines.size() == 3; }));
  peer->End();
  ASSERT_TRUE(Until([&] { return call.done; }));
  EXPECT_EQ(call.lines, (Lines{"head 200", "data a", "data b", "done"}));
}

TEST_F(HttpClientTest, TellsOnlyTheLastHead) {
  Serve([&](const Request&, const PeerPtr& peer) {
    peer->Write("HTTP/1.1 103 Early\r\nLink: x\r\n\r\n");
    peer->Write("HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n");
    peer->Write("1\r\na\r\n0\r\nTrailer: x\r\n\r\n");
  });
  Call call;
  call.Send(*client_, {.url = Url()});
  ASSERT_TRUE(Until([&] { return call.done; }));
  EXPECT_EQ(call.lines, (Lines{"head 200", "data a", "done"}));
}

TEST_F(HttpClientTest, Unpacks) {
  Serve([&](const Request& request, const PeerPtr& peer) {
    EXPECT_EQ(request.headers.at("accept-encoding"), "gzip");
    constexpr std::string_view kPacked(
        "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x90\x00\x80\x88"
        "\xf9\xe5\x11\x00\x00\x00",
        28);
    peer->Answer(200, "text/plain", std::string(kPacked), "Content-Encoding: gzip\r\n");
  });
  Call call;
  call.Send(*client_, {.url = Url()});
  ASSERT_TRUE(Until([&] { return call.done; }));
  EXPECT_EQ(call.lines, (Lines{"head 200", "data hello hello hello", "done"}));
}

TEST_F(HttpClientTest, AnAnswerHasABound) {
  PeerPtr peer;
  Serve([&](const Request&, const PeerPtr& asking) { (peer = asking)->Begin(200, "text/plain"); });
  for (const size_t most : {size_t{1} << 20, size_t{0}}) {
    Call call;
    peer.reset();
    call.Send(*client_, {.url = Url("/a?b"), .most = most});
    ASSERT_TRUE(Until([&] { return peer != nullptr; }));
    for (int i = 0; i < 20 && !call.done; ++i) {
      peer->Send(std::string(size_t{1} << 16, 'x'));
      Advance(1ms);
    }
    EXPECT_EQ(call.done, most != 0);
    EXPECT_EQ(
        call.error,
        most == 0 ? "" : "GET " + Url("/a") + ": the answer has more than the maximum of 1 MiB");
  }
}

TEST_F(HttpClientTest, SaysWhoCannotBeReached) {
  Call call;
  call.Send(*client_, {.url = Url("/a?token=secret")});
  ASSERT_TRUE(Until([&] { return call.done; }));
  EXPECT_EQ(call.lines, (Lines{"failed"}));
  EXPECT_EQ(call.error, "GET " + Url("/a") + ": Couldn't connect to server");
}

TEST_F(HttpClientTest, AnAnswerCutOffIsAnError) {
  Serve([&](const Request& request, const PeerPtr& peer) {
    if (request.path == "/length")
      peer->Write("HTTP/1.1 200 X\r\nContent-Length: 5\r\n\r\nabc");
    else if (request.path == "/chunk")
      peer->Write("HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc");
    else if (request.path == "/head")
      peer->Write("HTTP/1.1 200 X\r\nContent-Le");
    else if (request.path == "/garbage")
      peer->Write("\x16\x03\x01 not HTTP\r\n\r\n");
    peer->Cut();
  });
  for (const auto& [path, lines] :
       {std::pair<std::string, Lines>{"/length", {"head 200", "data abc"}},
        {"/chunk", {"head 200", "data abc"}},
        {"/head", {}},
        {"/garbage", {}},
        {"/nothing", {}}}) {
    Call call;
    call.Send(*client_, {.url = Url(path)});
    ASSERT_TRUE(Until([&] { return call.done; })) << path;
    Lines expected = lines;
    expected.emplace_back("failed");
    EXPECT_EQ(call.lines, expected) << path << ": " << call.error;
    EXPECT_FALSE(call.error.empty());
  }
}

TEST_F(HttpClientTest, ATimeoutIsOfAllOfIt) {
  Serve([&](const Request& request, const PeerPtr& peer) {
    if (request.path == "/half") peer->Begin(200, "text/plain");
  });
  Call none, half, other;
  none.Send(*client_, {.url = Url("/none"), .timeout = 50ms});
  half.Send(*client_, {.url = Url("/half"), .timeout = 50ms});
  ASSERT_TRUE(Until([&] { return none.done && half.done; }));
  EXPECT_EQ(none.lines, (Lines{"failed"}));
  EXPECT_EQ(none.error, "GET " + Url("/none") + ": Timeout was reached");
  EXPECT_EQ(half.lines.back(), "failed");
}

TEST_F(HttpClientTest, NothingIsToldOnceTheExchangeIsGone) {
  Serve([&](const Request&, const PeerPtr& peer) { peer->Answer(200, "text/plain", "x"); });
  for (const std::string at : {"head", "data", "done"}) {
    Call call;
    call.on_any = [&](const std::string& what) {
      if (what == at) call.exchange.reset();
    };
    call.Send(*client_, {.url = Url()});
    ASSERT_TRUE(Until([&] { return call.exchange == nullptr; }));
    Advance(20ms);
    EXPECT_TRUE(call.lines.back().starts_with(at)) << call.lines.back();
  }
  Call at_once;
  at_once.Send(*client_, {.url = Url()});
  at_once.exchange.reset();
  Advance(20ms);
  EXPECT_TRUE(at_once.lines.empty());
}

TEST_F(HttpClientTest, MayBeDestroyedInACallbackAndExchangesGoOn) {
  std::vector<PeerPtr> peers;
  Serve([&](const Request&, const PeerPtr& peer) { peers.push_back(peer); });
  for (const std::string at : {"head", "data", "done"}) {
    client_.emplace(loop_, TlsIdentity{});
    peers.clear();
    Call call, other;
    call.on_any = [&](const std::string& what) {
      if (what != at) return;
      client_.reset();
      call.exchange.reset();
    };
    call.Send(*client_, {.url = Url()});
    ASSERT_TRUE(Until([&] { return peers.size() == 1; }));
    peers[0]->Answer(200, "text/plain", "x");
    other.Send(*client_, {.url = Url()});
    ASSERT_TRUE(Until([&] { return !client_ && peers.size() == 2; }));
    peers[1]->Answer(200, "text/plain", "y");
    ASSERT_TRUE(Until([&] { return other.done; }));
    EXPECT_EQ(other.lines, (Lines{"head 200", "data y", "done"}));
  }
}

TEST_F(HttpClientTest, TheLastExchangeMayTakeTheClientWithIt) {
  Serve([&](const Request&, const PeerPtr& peer) { peer->Answer(200, "text/plain", "x"); });
  for (const std::string at : {"head", "data", "done"}) {
    client_.emplace(loop_, TlsIdentity{});
    Call call;
    call.on_any = [&](const std::string& what) {
      if (what == at) call.exchange.reset();
    };
    call.Send(*client_, {.url = Url()});
    client_.reset();
    ASSERT_TRUE(Until([&] { return call.exchange == nullptr; }));
    EXPECT_TRUE(call.lines.back().starts_with(at)) << call.lines.back();
  }
}

TEST_F(HttpClientTest, MayBeUsedInACallback) {
  Serve([&](const Request& request, const PeerPtr& peer) {
    peer->Answer(200, "text/plain", request.path);
  });
  Call first, second, third;
  first.on_any = [&](const std::string& what) {
    if (what == "head") second.Send(*client_, {.url = Url("/2")});
    if (what == "done") third.Send(*client_, {.url = Url("/3")});
  };
  first.Send(*client_, {.url = Url("/1")});
  ASSERT_TRUE(Until([&] { return second.done && third.done; }));
  EXPECT_EQ(first.lines[1] + second.lines[1] + third.lines[1], "data /1data /2data /3");
}

TEST_F(HttpClientTest, ManyAtOnce) {
  std::vector<PeerPtr> peers;
  Serve([&](const Request& request, const PeerPtr& peer) {
    if (request.path == "/first") return peer->Answer(200, "text/plain", "");
    peers.push_back(peer);
    peer->Begin(200, "text/plain");
    peer->Send(request.path);
  });
  Call first;  // by which the server's HTTP is known
  first.Send(*client_, {.url = Url("/first")});
  ASSERT_TRUE(Until([&] { return first.done; }));
  std::vector<Call> calls(60);
  for (size_t i = 0; i < calls.size(); ++i)
    calls[i].Send(*client_, {.url = Url(fmt::format("/{}", i))});
  ASSERT_TRUE(Until([&] { return peers.size() == calls.size(); }));
  for (const PeerPtr& peer : peers) peer->End();
  for (size_t i = 0; i < calls.size(); ++i) {
    ASSERT_TRUE(Until([&] { return calls[i].done; }));
    EXPECT_EQ(calls[i].lines, (Lines{"head 200", fmt::format("data /{}", i), "done"}));
  }
}

TEST_F(HttpClientTest, KeepsAConnectionUnlessAFreshOneIsWanted) {
  Serve([&](const Request&, const PeerPtr& peer) { peer->Answer(200, "text/plain", "x"); });
  for (const auto& [fresh, connections] : {std::pair{false, 1}, {false, 1}, {true, 2}}) {
    Call call;
    call.Send(*client_, {.url = Url(), .fresh_connection = fresh});
    ASSERT_TRUE(Until([&] { return call.done; }));
    EXPECT_EQ(server_.connections, connections);
  }
}

TEST_F(HttpClientTest, AConnectionThatWasClosedMeanwhileIsNotUsed) {
  PeerPtr last;
  Serve(
      [&](const Request&, const PeerPtr& peer) { (last = peer)->Answer(200, "text/plain", "x"); });
  for (int i = 0; i < 3; ++i) {
    Call call;
    call.Send(*client_, {.url = Url()});
    ASSERT_TRUE(Until([&] { return call.done; }));
    EXPECT_EQ(call.lines.back(), "done") << call.error;
    last->Cut();
    Advance(10ms);
  }
  EXPECT_EQ(server_.connections, 3);
}

TEST_F(HttpClientTest, NothingIsLeftToWaitForAfterTheLastAnswer) {
  Serve([&](const Request&, const PeerPtr& peer) { peer->Answer(200, "text/plain", "x"); });
  Call call;
  call.on_any = [&](const std::string& what) {
    if (what == "done") server_.Stop();
  };
  call.Send(*client_, {.url = Url()});
  ASSERT_TRUE(Until([&] { return call.done; }));
  loop_.Run();  // returns
}

// Everything at any time, for the sanitizers.
TEST_F(HttpClientTest, Storm) {
  std::mt19937 random(1);
  const auto any = [&](size_t below) { return random() % below; };
  std::vector<PeerPtr> peers;
  Serve([&](const Request&, const PeerPtr& peer) { peers.push_back(peer); });
  std::vector<std::unique_ptr<Call>> calls;
  int done = 0;
  for (int step = 0; step < 3000; ++step) {
    std::erase_if(calls, [](const auto& call) { return call->done || !call->exchange; });
    std::erase_if(peers, [](const auto& peer) { return peer->gone(); });
    switch (any(8)) {
      case 0:
      case 1: {
        if (calls.size() > 20) break;
        Call& call = *calls.emplace_back(std::make_unique<Call>());
        const size_t fate = any(6);
        call.on_any = [&, fate](const std::string& what) {
          done += what == "done";
          if ((fate == 0 && what == "head") || (fate == 1 && what == "data") ||
              (fate == 2 && what == "done"))
            call.exchange.reset();
          if (fate == 3) client_.emplace(loop_, TlsIdentity{});
        };
        call.Send(*client_, {.url = Url(),
                             .timeout = std::chrono::milliseconds(any(2) * (1 + any(50))),
                             .fresh_connection = any(4) == 0});
        break;
      }
      case 2:
        if (!calls.empty()) calls.erase(calls.begin() + static_cast<ptrdiff_t>(any(calls.size())));
        break;
      case 3:
        if (!peers.empty()) peers[any(peers.size())]->Cut();
        break;
      case 4:
      case 5:
        if (!peers.empty()) {
          const size_t i = any(peers.size());
          peers[i]->Answer(200, "text/plain", std::string(any(100000), 'x'));
          peers.erase(peers.begin() + static_cast<ptrdiff_t>(i));
        }
        break;
      case 6:
        if (any(40) != 0) break;
        server_.Stop();
        Advance(1ms);
        server_.Start(loop_, [&](const Request&, const PeerPtr& peer) { peers.push_back(peer); });
        break;
      default:
        Advance(std::chrono::milliseconds(any(3)));
    }
  }
  EXPECT_GT(done, 100);
}

TEST_F(HttpClientTest, GoesThroughAProxy) {
  std::optional<Request> came;
  Serve([&](const Request& request, const PeerPtr& peer) {
    came = request;
    peer->Answer(200, "text/plain", "of the proxy");
  });
  client_.emplace(loop_, TlsIdentity{}, "http://me:secret@" + server_.address());
  setenv("no_proxy", "*", 1);  // is of no matter to who has a proxy of its own
  Call call;
  call.Send(*client_, {.url = "http://api.invalid:6443/version"});
  ASSERT_TRUE(Until([&] { return call.done; }));
  unsetenv("no_proxy");
  EXPECT_EQ(call.lines, (Lines{"head 200", "data of the proxy", "done"})) << call.error;
  ASSERT_TRUE(came);
  EXPECT_EQ(came->path, "http://api.invalid:6443/version");
  EXPECT_EQ(came->headers.at("proxy-authorization"), "Basic bWU6c2VjcmV0");
  server_.Stop();
  Call refused;
  refused.Send(*client_, {.url = "http://api.invalid:6443/version"});
  ASSERT_TRUE(Until([&] { return refused.done; }));
  EXPECT_EQ(refused.error, "GET http://api.invalid:6443/version through http://" +
                               server_.address() + ": Couldn't connect to server");
}

TEST_F(HttpClientTest, NeverTellsThePasswordOfAProxy) {
  for (const char* proxy : {"http://me:secret/@127.0.0.1:1", "http://me:secret@127.0.0.1:port",
                            "http://me:secret@[::1", "http://me:secret@no proxy"}) {
    client_.emplace(loop_, TlsIdentity{}, proxy);
    Call call;
    call.Send(*client_, {.url = "http://api.invalid:6443/version"});
    ASSERT_TRUE(Until([&] { return call.done; }));
    EXPECT_FALSE(call.error.empty());
    EXPECT_EQ(call.error.find("secret"), std::string::npos) << call.error;
  }
}

// RFC 1928: greeting, the server's choice, what is asked for, and then the bytes of the connection.
TEST_F(HttpClientTest, GoesThroughASocksProxyThatLooksUpTheName) {
  std::unique_ptr<Stream> stream;
  std::string came;
  const std::string ask(
      "\x05\x01\x00\x03\x0b"
      "api.invalid\x00\x50",
      18);
  const auto listener = Listener::OnTcp(loop_, server_.address(), [&](std::unique_ptr<Stream> one) {
    stream = std::move(one);
    const auto answer = [&](std::span<const uint8_t> bytes) {
      came.append(bytes.begin(), bytes.end());
      if (came.front() == 5 && came.size() < ask.size()) {
        came.clear();
        stream->Write(std::string_view("\x05\x00", 2));
      } else if (came == ask) {
        stream->Write(std::string_view("\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00", 10));
      } else if (came.ends_with("\r\n\r\n")) {
        stream->Write(std::string_view("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
      }
    };
    stream->Serve({.on_open = {}, .on_data = answer, .on_close = [](const Error&) {}});
  });
  ASSERT_TRUE(listener) << listener.error().message;
  client_.emplace(loop_, TlsIdentity{}, "socks5://" + server_.address());
  Call call;
  call.Send(*client_, {.url = "http://api.invalid/version"});
  ASSERT_TRUE(Until([&] { return call.done; }));
  EXPECT_EQ(call.lines, (Lines{"head 200", "done"})) << call.error;
  EXPECT_TRUE(came.starts_with(ask + "GET /version HTTP/1.1\r\n")) << came;
}

}  // namespace
}  // namespace kvs::io
