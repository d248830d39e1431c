#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>

#include "io/stream.h"

// An HTTP/1.1 server for tests, which may do all that a server should not.
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

  // A connection, on which one request at a time is answered. When it is gone, all it is told to do
  // does nothing.
  class Peer : public std::enable_shared_from_this<Peer> {
   public:
    virtual ~Peer() = default;
    // The whole of an answer. `headers` end with "\r\n" each.
    void Answer(int status, const std::string& type, const std::string& body,
                const std::string& headers = {});
    // An answer in chunks of any number.
    void Begin(int status, const std::string& type);
    void Send(const std::string& chunk);
    void End();
    // Bytes that may make no sense.
    virtual void Write(const std::string& bytes) = 0;
    // Closes once everything written is sent.
    virtual void Cut() = 0;
    virtual bool gone() const = 0;

   protected:
    virtual void Answered() = 0;
  };

  using Serve = std::function<void(const Request&, const std::shared_ptr<Peer>&)>;

  // On an address that no other process uses, as long as this lives; nobody listens there before
  // Start(). `number` tells the servers of one process apart.
  explicit FakeHttpServer(int number = 0);
  ~FakeHttpServer();

  const std::string& address() const { return address_; }  // "127.X.Y.Z:PORT"
  void Start(Loop& loop, Serve serve);
  // Connections end, and new ones are refused.
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
