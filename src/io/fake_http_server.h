#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>

#include "io/stream.h"

// An HTTP/1.1 server for tests that can also misbehave.
namespace kvs::io {

class FakeHttpServer {
 public:
  struct Request {
    std::string method;
    std::string path;                            // as sent, without query
    std::map<std::string, std::string> query;    // decoded
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;
  };

  // A connection with one request at a time. After the connection has ended, all calls are ignored.
  class Peer : public std::enable_shared_from_this<Peer> {
   public:
    virtual ~Peer() = default;
    // A whole answer. Each header in `headers` ends with "\r
    // ".
    void Answer(int status, const std::string& type, const std::string& body,
                const std::string& headers = {});
    // Begins a chunked answer; any number of chunks may follow.
    void Begin(int status, const std::string& type);
    void Send(const std::string& chunk);
    void End();
    // Writes raw bytes, which need not be valid HTTP.
    virtual void Write(const std::string& bytes) = 0;
    // Closes the connection once everything written is sent.
    virtual void Cut() = 0;
    virtual bool gone() const = 0;

   protected:
    virtual void Answered() = 0;
  };

  using Serve = std::function<void(const Request&, const std::shared_ptr<Peer>&)>;

  // Reserves an address that no other process uses while this object lives; connections are refused
  // before Start(). `number` distinguishes several servers of one process.
  explicit FakeHttpServer(int number = 0);
  ~FakeHttpServer();

  const std::string& address() const { return address_; }  // "127.X.Y.Z:PORT"
  void Start(Loop& loop, Serve serve);
  // Ends all connections; new ones are refused.
  void Stop();

  int connections = 0;  // accepted so far

 private:
  class Connection;

  const std::string address_;
  Serve serve_;
  std::unique_ptr<Listener> listener_;
  std::list<std::shared_ptr<Connection>> connections_;
};

}  // namespace kvs::io
