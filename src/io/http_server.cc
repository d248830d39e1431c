#include "io/http_server.h"

#include <optional>

#include "io/http_request_parser.h"

namespace kvs::io {
namespace {

constexpr size_t kMaxRequest = 64 * 1024;
constexpr size_t kMaxPending = 1024 * 1024;  // bytes of answers that the client has not read
constexpr size_t kMaxConnections = 64;
constexpr auto kIdle = std::chrono::seconds(30);

// Percent-decoding (RFC 3986, 2.1); malformed escapes stay as they are.
std::string Decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::sscanf(std::string(text.substr(i + 1, 2)).c_str(), "%2x", &byte) == 1) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

HttpRequest ParseTarget(std::string method, std::string_view target) {
  HttpRequest request{std::move(method), {}, {}};
  const size_t question = target.find('?');
  request.path = Decode(target.substr(0, question));
  std::string_view rest = question == target.npos ? "" : target.substr(question + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    const size_t equals = pair.find('=');
    request.query[Decode(pair.substr(0, equals))] =
        equals == pair.npos ? "" : Decode(pair.substr(equals + 1));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
  }
  return request;
}

}  // namespace

class HttpServer::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(HttpServer& server, std::unique_ptr<Stream> stream)
      : server_(server), stream_(std::move(stream)), idle_(server.loop_, [this] { Leave(); }) {
    stream_->Serve({.on_open = {},
                    .on_data = [this](std::span<const uint8_t> bytes) { Take(bytes); },
                    .on_close = [this](const Error&) { Leave(); }});
    idle_.Start(kIdle);
  }

  // Destroys this, but for who holds it.
  void Leave() {
    if (!std::exchange(left_, true)) server_.connections_.erase(place);
  }

  std::list<std::shared_ptr<Connection>>::iterator place;

 private:
  void Take(std::span<const uint8_t> bytes) {
    idle_.Start(kIdle);
    received_ += bytes.size();
    if (received_ > kMaxRequest) return Leave();
    unread_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (!answering_) Parse();
  }

  // Requests are handled in a loop: one that is answered at once must not recurse into the next,
  // because a client may send thousands together.
  void Parse() {
    const auto self = shared_from_this();
    const std::string bytes = std::exchange(unread_, {});
    std::string_view rest = bytes;
    parsing_ = true;
    while (!answering_ && !left_ && !rest.empty()) {
      if (stream_->pending() > kMaxPending) return Leave();  // asks, and does not read
      const auto used = parser_.Put(rest);
      if (!used) return Leave();
      rest.remove_prefix(*used);
      const auto message = parser_.Take();
      if (!message) break;
      received_ = rest.size();
      answering_ = true;
      keep_ = message->keep_alive;
      head_ = message->method == "HEAD";
      server_.serve_(ParseTarget(message->method, message->target),
                     [weak = weak_from_this()](const HttpResponse& response) {
                       if (const auto still = weak.lock()) still->Answer(response);
                     });
    }
    parsing_ = false;
    unread_.insert(0, rest);
  }

  void Answer(const HttpResponse& response) {
    if (left_ || !std::exchange(answering_, false)) return;
    stream_->Write(fmt::format(
        "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}\r\n{}", response.status,
        HttpReason(response.status), response.content_type, response.body.size(),
        keep_ ? "" : "Connection: close\r\n", head_ ? "" : response.body));
    if (!keep_) {
      answering_ = true;  // what comes after the last request is none
      return stream_->Shutdown();
    }
    if (!parsing_) Parse();
  }

  HttpServer& server_;
  std::unique_ptr<Stream> stream_;
  Timer idle_;
  HttpRequestParser parser_{kMaxRequest};
  std::string unread_;   // a request in part, or what came while one was being answered
  size_t received_ = 0;  // bytes since the last whole request
  bool keep_ = false, head_ = false;  // what the request that is being answered asks for
  bool answering_ = false, parsing_ = false, left_ = false;
};

HttpServer::HttpServer(Loop& loop, Serve serve) : loop_(loop), serve_(std::move(serve)) {}
HttpServer::~HttpServer() = default;

void HttpServer::Accept(std::unique_ptr<Stream> stream) {
  connections_.push_front(std::make_shared<Connection>(*this, std::move(stream)));
  connections_.front()->place = connections_.begin();
  if (connections_.size() > kMaxConnections) connections_.back()->Leave();  // the oldest
}

Result<std::unique_ptr<HttpServer>> HttpServer::OnUnixSocket(Loop& loop, const std::string& path,
                                                             Serve serve) {
  std::unique_ptr<HttpServer> server(new HttpServer(loop, std::move(serve)));
  auto listener = Listener::OnUnixSocket(
      loop, path, [raw = server.get()](std::unique_ptr<Stream> s) { raw->Accept(std::move(s)); });
  if (!listener) return tl::unexpected(listener.error());
  server->listener_ = std::move(*listener);
  return server;
}

Result<std::unique_ptr<HttpServer>> HttpServer::OnTcp(Loop& loop, const std::string& address,
                                                      Serve serve) {
  std::unique_ptr<HttpServer> server(new HttpServer(loop, std::move(serve)));
  auto listener = Listener::OnTcp(loop, address, [raw = server.get()](std::unique_ptr<Stream> s) {
    raw->Accept(std::move(s));
  });
  if (!listener) return tl::unexpected(listener.error());
  server->listener_ = std::move(*listener);
  return server;
}

}  // namespace kvs::io
