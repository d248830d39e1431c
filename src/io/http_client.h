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

// HTTP requests to one server (libcurl underneath, hidden in this room): HTTP/2 over TLS, with all
// requests on one connection, HTTP/1.1 where the server has no more. A peer that falls silent is
// found within 30 s, by TCP keepalive and TCP_USER_TIMEOUT.
namespace kvs::io {

// Who the server must be, and who we are: PEM texts (RFC 7468). All empty: the system's
// authorities, and no certificate of ours.
struct TlsIdentity {
  std::string ca;
  std::string certificate, key;
  std::string server_name;  // in the server's certificate, if it isn't the URL's host
  bool insecure = false;    // the server may be anybody

  friend bool operator==(const TlsIdentity&, const TlsIdentity&) = default;
};

struct HttpCall {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers;  // "Name: value"
  std::string body;
  std::chrono::milliseconds timeout{0};  // for all of it; zero: none, as a watch needs
  bool fresh_connection = false;         // for who distrusts the one that is open
  // Bytes of the answer's body, unpacked; more is an Error. Zero: no bound, as a watch needs.
  size_t most = size_t{64} << 20;
};

struct HttpHead {
  int status = 0;
  std::string content_type;
  std::chrono::seconds retry_after{0};  // zero: not said
  std::time_t date = 0;                 // when it was said; 0: not said
  std::string peer;                     // the IP address that answered
};

// A call under way. Destroying it ends it, and calls nothing.
class HttpExchange {
 public:
  virtual ~HttpExchange() = default;
};

class HttpClient {
 public:
  struct Handlers {
    std::function<void(const HttpHead&)> on_head;  // once, if the server answers
    std::function<void(std::string_view)> on_data;
    // Once, last. An Error: no whole answer (and no status, if on_head wasn't called).
    std::function<void(const Result<>&)> on_done;
  };

  // `proxy`: through which all requests go, "http://", "https://" or "socks5://" and perhaps
  // "user:password@"; what the environment says of proxies (NO_PROXY too) is then no matter. To a
  // proxy by https the identity holds as to the server.
  HttpClient(Loop& loop, TlsIdentity identity, std::string proxy = "");
  // Exchanges go on.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Nothing is called before this returns.
  [[nodiscard]] std::unique_ptr<HttpExchange> Send(const HttpCall& call, Handlers handlers);

 private:
  class Multi;
  std::shared_ptr<Multi> multi_;
};

}  // namespace kvs::io
