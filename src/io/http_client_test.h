#pragma once

#include <gtest/gtest.h>

#include <optional>

#include "io/fake_http_server.h"
#include "io/http_client.h"
#include "io/test_loop.h"

namespace kvs::io {

using Request = FakeHttpServer::Request;
using PeerPtr = std::shared_ptr<FakeHttpServer::Peer>;
using Lines = std::vector<std::string>;

// A call, and the handlers' calls as text: "head 200", "data text", "done".
class Call {
 public:
  Lines lines;
  std::string error;
  HttpHead head;
  std::unique_ptr<HttpExchange> exchange;
  std::function<void(const std::string& what)> on_any = [](const std::string&) {};

  HttpClient::Handlers Handlers() {
    return {.on_head =
                [this](const HttpHead& said) {
                  head = said;
                  lines.push_back(fmt::format("head {}", said.status));
                  on_any("head");
                },
            .on_data =
                [this](std::string_view data) {
                  lines.push_back(fmt::format("data {}", data));
                  on_any("data");
                },
            .on_done =
                [this](const Result<>& result) {
                  done = true;
                  if (!result) error = result.error().message;
                  lines.emplace_back(result ? "done" : "failed");
                  on_any("done");
                }};
  }
  void Send(HttpClient& client, const HttpCall& call) { exchange = client.Send(call, Handlers()); }
  bool done = false;
};

class HttpClientTest : public testing::Test {
 protected:
  HttpClientTest() { client_.emplace(loop_, TlsIdentity{}); }

  void Serve(FakeHttpServer::Serve serve) { server_.Start(loop_, std::move(serve)); }
  std::string Url(const std::string& path = "/") const {
    return "http://" + server_.address() + path;
  }
  bool Until(const std::function<bool()>& condition) { return loop_.Until(condition); }
  void Advance(std::chrono::milliseconds time) { loop_.Advance(time); }

  TestLoop loop_;
  FakeHttpServer server_;
  std::optional<HttpClient> client_;
};

}  // namespace kvs::io
