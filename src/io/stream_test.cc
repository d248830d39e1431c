#include "io/stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>

#include "io/test_loop.h"

namespace kvs::io {
namespace {

using testing::HasSubstr;

class StreamTest : public testing::Test {
 protected:
  bool Until(const std::function<bool()>& done) { return loop.Until(done); }
  void DoIo() { loop.Advance(std::chrono::milliseconds(0)); }
  // What arrives at either end.
  Stream::Handlers Collect(std::string& data, std::string& closed, bool* opened = nullptr) {
    return {
        .on_open =
            [opened] {
              if (opened) *opened = true;
            },
        .on_data =
            [&data](std::span<const uint8_t> bytes) { data.append(bytes.begin(), bytes.end()); },
        .on_close = [&closed](const Error& reason) { closed += reason.message; }};
  }
  void Listen() {
    listener = *Listener::OnUnixSocket(loop, path, [this](std::unique_ptr<Stream> stream) {
      server = std::move(stream);
      server->Serve(Collect(at_server, server_closed));
    });
  }
  void Connect() {
    client = Stream::Connect(loop, path, Collect(at_client, client_closed, &opened));
  }

  TestLoop loop;
  std::string path = "/tmp/kvs-io-" + std::to_string(getpid()) + ".sock";
  std::unique_ptr<Listener> listener;
  std::unique_ptr<Stream> server, client;
  std::string at_server, at_client, server_closed, client_closed;
  bool opened = false;
};

TEST_F(StreamTest, CarriesBytesBothWaysAlsoThoseWrittenBeforeItIsOpen) {
  Listen();
  Connect();
  client->Write("hello ");
  client->Write(std::string_view());
  client->Write("world");
  EXPECT_FALSE(opened);
  ASSERT_TRUE(Until([&] { return at_server == "hello world"; }));
  EXPECT_TRUE(opened);
  server->Write("back");
  EXPECT_TRUE(Until([&] { return at_client == "back"; }));
  EXPECT_EQ(client->pending(), 0u);
}

TEST_F(StreamTest, CarriesMuch) {
  Listen();
  Connect();
  std::string much(16 << 20, 'x');
  for (size_t i = 0; i < much.size(); ++i) much[i] = static_cast<char>(i * 2654435761u >> 13);
  client->Write(much);
  EXPECT_GT(client->pending(), 0u);
  ASSERT_TRUE(Until([&] { return at_server.size() == much.size(); }));
  EXPECT_TRUE(at_server == much);
}

TEST_F(StreamTest, AFailureIsReportedOnceAndLater) {
  Connect();
  EXPECT_EQ(client_closed, "");
  client->Write("lost");
  ASSERT_TRUE(Until([&] { return !client_closed.empty(); }));
  EXPECT_EQ(client_closed, "no such file or directory");
  client->Write("lost");
  client->Shutdown();
  DoIo();
  EXPECT_EQ(client_closed, "no such file or directory");
  EXPECT_FALSE(opened);
}

TEST_F(StreamTest, ALongPathIsAnErrorNotAnotherPath) {
  path = "/tmp/" + std::string(110, 'x');
  Connect();
  ASSERT_TRUE(Until([&] { return !client_closed.empty(); }));
  EXPECT_THAT(client_closed, HasSubstr("at most 107 bytes"));
  const auto listener = Listener::OnUnixSocket(loop, path, [](auto) {});
  ASSERT_FALSE(listener);
  EXPECT_THAT(listener.error().message, HasSubstr("at most 107 bytes"));
}

TEST_F(StreamTest, ShutdownSendsEverythingFirst) {
  Listen();
  Connect();
  const std::string much(4 << 20, 'y');
  client->Write(much);
  client->Shutdown();
  ASSERT_TRUE(Until([&] { return !server_closed.empty() && !client_closed.empty(); }));
  EXPECT_EQ(at_server.size(), much.size());
  EXPECT_EQ(server_closed, "closed by the other side");
}

TEST_F(StreamTest, WritingToAPeerThatIsGoneIsNoSignal) {
  Listen();
  Connect();
  ASSERT_TRUE(Until([&] { return opened && server; }));
  server.reset();
  client->Write("x");
  for (int i = 0; i < 3; ++i) {
    client->Write(std::string(1 << 20, 'x'));
    DoIo();
  }
  EXPECT_NE(client_closed, "");
}

TEST_F(StreamTest, MayBeDestroyedInEveryCallback) {
  Listen();
  const auto open = [&](Stream::Handlers handlers) {
    at_server.clear();
    client = Stream::Connect(loop, path, std::move(handlers));
  };
  int late = 0;
  const auto count = [&](auto&&...) { ++late; };

  open({.on_open = [&] { client.reset(); }, .on_data = count, .on_close = count});
  EXPECT_TRUE(Until([&] { return !client; }));
  open({.on_data = [&](auto) { client.reset(); }, .on_close = count});
  client->Write("hello");
  EXPECT_TRUE(Until([&] { return at_server == "hello"; }));
  server->Write("bye");
  EXPECT_TRUE(Until([&] { return !client; }));
  open({.on_close = [&](auto&) { client.reset(); }});
  client->Write("hello");
  EXPECT_TRUE(Until([&] { return at_server == "hello"; }));
  server.reset();
  EXPECT_TRUE(Until([&] { return !client; }));
  DoIo();
  EXPECT_EQ(late, 0);
}

TEST_F(StreamTest, NothingIsCalledAfterDestruction) {
  Listen();
  Connect();
  client->Write(std::string(1 << 20, 'x'));
  client->Shutdown();
  client.reset();
  DoIo();
  EXPECT_FALSE(opened);
  EXPECT_EQ(client_closed, "");
}

TEST_F(StreamTest, AStreamOutlivesItsListenerAndTheFileGoes) {
  Listen();
  struct stat file {};
  ASSERT_EQ(stat(path.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600u);
  Connect();
  ASSERT_TRUE(Until([&] { return server != nullptr; }));
  listener.reset();
  client->Write("still here");
  EXPECT_TRUE(Until([&] { return at_server == "still here"; }));
  EXPECT_NE(access(path.c_str(), F_OK), 0);
}

TEST_F(StreamTest, AListenerMayBeDestroyedWhenItAccepts) {
  listener =
      *Listener::OnUnixSocket(loop, path, [this](std::unique_ptr<Stream>) { listener.reset(); });
  Connect();
  EXPECT_TRUE(Until([&] { return !client_closed.empty(); }));
  EXPECT_FALSE(listener);
}

TEST_F(StreamTest, ASocketFileLeftBehindIsReplaced) {
  Listen();
  ASSERT_EQ(link(path.c_str(), (path + ".left").c_str()), 0);
  listener.reset();
  ASSERT_EQ(rename((path + ".left").c_str(), path.c_str()), 0);
  Listen();
  Connect();
  EXPECT_TRUE(Until([&] { return opened; }));
}

TEST_F(StreamTest, AddressesOfTcp) {
  for (const char* bad : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "host:1",
                          "::1:80", "127.0.0.1:80x", "[::1:80"}) {
    const auto listener = Listener::OnTcp(loop, bad, [](auto) {});
    ASSERT_FALSE(listener) << bad;
    EXPECT_THAT(listener.error().message, HasSubstr("expected IP:PORT or [IP]:PORT")) << bad;
  }
  for (const char* good : {"127.0.0.1:0", "[::1]:0"})
    EXPECT_TRUE(Listener::OnTcp(loop, good, [](auto) {})) << good;
}

}  // namespace
}  // namespace kvs::io
