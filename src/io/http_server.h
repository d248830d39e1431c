#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "io/stream.h"

// A small HTTP/1.1 server (RFC 9112) for health, metrics and the agent's local interface: short
// answers, one request after the other per connection. It is not hardened for untrusted networks,
// except that it closes connections with requests over 64 KiB or idle for 30 s.
namespace kvs::io {

struct HttpRequest {
  std::string method;                        // "GET"
  std::string path;                          // decoded, without query: "/v1/flows"
  std::map<std::string, std::string> query;  // decoded
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

class HttpServer {
 public:
  // Must be called once per request; may be kept and called later, also after the server is
  // destroyed.
  using Reply = std::function<void(const HttpResponse&)>;
  using Serve = std::function<void(const HttpRequest&, Reply)>;

  static Result<std::unique_ptr<HttpServer>> OnUnixSocket(Loop& loop, const std::string& path,
                                                          Serve serve);
  // `address` is "IP:PORT" or "[IP]:PORT".
  static Result<std::unique_ptr<HttpServer>> OnTcp(Loop& loop, const std::string& address,
                                                   Serve serve);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

 private:
  class Connection;
  HttpServer(Loop& loop, Serve serve);
  void Accept(std::unique_ptr<Stream> stream);

  Loop& loop_;
  Serve serve_;
  std::unique_ptr<Listener> listener_;
  std::list<std::shared_ptr<Connection>> connections_;
};

}  // namespace kvs::io
