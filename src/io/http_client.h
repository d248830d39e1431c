#pragma once

#include <chrono>
#include <cstddef>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/loop.h"

// HTTP requests to one server (with libcurl, hidden in this room). Over TLS it uses HTTP/2 with all
// requests on one connection if the server supports it, else HTTP/1.1. A silent peer is detected
// within 30 s, by TCP keepalive and TCP_USER_TIMEOUT.
namespace kvs::io {

// The authorities that the server's certificate must be signed by, and our own certificate and key,
// as PEM texts (RFC 7468). All empty: the system's authorities, and no certificate of ours.
struct TlsIdentity {
  std::string ca;
  std::string certificate, key;
  std::string server_name;  // in the server's certificate, if it isn't the URL's host
  bool insecure = false;    // the server's certificate is not verified

  friend bool operator==(const TlsIdentity&, const TlsIdentity&) = default;
};

struct HttpCall {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers;  // "Name: value"
  std::string body;
  std::chrono::milliseconds timeout{0};  // for the whole call; zero: none, as a watch needs
  bool fresh_connection = false;         // for a caller that suspects that the open one is broken
  // Most bytes of the answer's body after decompression; a larger one is an Error. Zero: no limit,
  // as a watch needs.
  size_t most = size_t{64} << 20;
};

struct HttpHead {
  int status = 0;
  std::string content_type;
  std::chrono::seconds retry_after{0};  // zero: the answer has no Retry-After
  std::time_t date = 0;                 // the answer's Date; 0: it has none
  std::string peer;                     // the IP address that answered
};

// A call in progress. Destroying it cancels the call; no handler is called after that.
class HttpExchange {
 public:
  virtual ~HttpExchange() = default;
};

class HttpClient {
 public:
  struct Handlers {
    std::function<void(const HttpHead&)> on_head;  // once, if the server answers
    std::function<void(std::string_view)> on_data;
    // Called once, last. An Error means that there was no whole answer (and no status if on_head
    // wasn't called).
    std::function<void(const Result<>&)> on_done;
  };

  // All requests go through `proxy` if it is given ("http://", "https://" or "socks5://",
  // optionally with "user:password@"); the environment's proxy settings (also NO_PROXY) are then
  // ignored. With an https proxy the identity applies to the proxy as well.
  HttpClient(Loop& loop, TlsIdentity identity, std::string proxy = "");
  // Exchanges in progress go on.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // No handler is called before this returns.
  [[nodiscard]] std::unique_ptr<HttpExchange> Send(const HttpCall& call, Handlers handlers);

 private:
  class Multi;
  std::shared_ptr<Multi> multi_;
};

}  // namespace kvs::io
