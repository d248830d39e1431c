#include "io/fake_http_server.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "io/http_request_parser.h"
#include "io/own_address.h"

namespace kvs::io {
namespace {

std::string Decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i)
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  return out;
}

void SplitTarget(std::string_view target, FakeHttpServer::Request& request) {
  const size_t question = std::min(target.find('?'), target.size());
  request.path = target.substr(0, question);
  target.remove_prefix(std::min(question + 1, target.size()));
  while (!target.empty()) {
    const std::string_view pair = target.substr(0, target.find('&'));
    const size_t equals = std::min(pair.find('='), pair.size());
    request.query[Decode(pair.substr(0, equals))] =
        Decode(pair.substr(std::min(equals + 1, pair.size())));
    target.remove_prefix(std::min(target.size(), pair.size() + 1));
  }
}

}  // namespace

void FakeHttpServer::Peer::Answer(int status, const std::string& type, const std::string& body,
                                  const std::string& headers) {
  Write(fmt::format("HTTP/1.1 {} X\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}\r\n", status,
                    type, body.size(), headers));
  Write(body);
  Answered();
}

void FakeHttpServer::Peer::Begin(int status, const std::string& type) {
  Write(fmt::format("HTTP/1.1 {} X\r\nContent-Type: {}\r\nTransfer-Encoding: chunked\r\n\r\n",
                    status, type));
}

void FakeHttpServer::Peer::Send(const std::string& chunk) {
  if (!chunk.empty()) Write(fmt::format("{:x}\r\n{}\r\n", chunk.size(), chunk));
}

void FakeHttpServer::Peer::End() {
  Write("0\r\n\r\n");
  Answered();
}

class FakeHttpServer::Connection : public Peer {
 public:
  Connection(FakeHttpServer& server, std::unique_ptr<Stream> stream)
      : server_(&server), stream_(std::move(stream)) {
    stream_->Serve({.on_open = {},
                    .on_data =
                        [this](std::span<const uint8_t> bytes) {
                          unread_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
                          Parse();
                        },
                    .on_close =
                        [this](const Error&) {
                          const auto keep = shared_from_this();
                          std::erase(server_->connections_, keep);
                          Leave();
                        }});
  }

  void Leave() { stream_.reset(); }
  void Write(const std::string& bytes) override {
    if (stream_) stream_->Write(std::string_view(bytes));
  }
  void Cut() override {
    if (stream_) stream_->Shutdown();
  }
  bool gone() const override { return stream_ == nullptr; }

 private:
  void Answered() override {
    answering_ = false;
    if (stream_) Parse();
  }

  void Parse() {
    const auto keep = shared_from_this();
    if (answering_ || unread_.empty()) return;
    const auto used = parser_.Put(unread_);
    ASSERT_TRUE(used) << "of the client: " << used.error().message;
    unread_.erase(0, *used);
    auto message = parser_.Take();
    if (!message) return;
    answering_ = true;
    Request request{.method = std::move(message->method),
                    .path = {},
                    .query = {},
                    .headers = std::move(message->headers),
                    .body = std::move(message->body)};
    SplitTarget(message->target, request);
    server_->serve_(request, shared_from_this());
  }

  FakeHttpServer* server_;
  std::unique_ptr<Stream> stream_;
  HttpRequestParser parser_{std::numeric_limits<size_t>::max()};
  std::string unread_;
  bool answering_ = false;
};

FakeHttpServer::FakeHttpServer(int number) : address_(OwnAddress(8000 + number)) {}
FakeHttpServer::~FakeHttpServer() { Stop(); }

void FakeHttpServer::Start(Loop& loop, Serve serve) {
  serve_ = std::move(serve);
  auto listener = Listener::OnTcp(loop, address_, [this](std::unique_ptr<Stream> stream) {
    ++connections;
    connections_.push_back(std::make_shared<Connection>(*this, std::move(stream)));
  });
  ASSERT_TRUE(listener) << listener.error().message;
  listener_ = std::move(*listener);
}

void FakeHttpServer::Stop() {
  listener_.reset();
  for (const auto& connection : std::exchange(connections_, {})) connection->Leave();
}

}  // namespace kvs::io
