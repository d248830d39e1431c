#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "io/loop.h"
#include "io/stream.h"
#include "openflow/bundle_run.h"
#include "openflow/connection.h"
#include "openflow/framer.h"
#include "openflow/protocol.h"

namespace kvs::openflow {

// A request in one message. `on_reply` gets the answering messages and returns whether that was the
// last. `done` is called once, after the last, or with the error of the switch, of the connection
// or of on_reply.
struct Request {
  std::function<void(uint32_t xid, Writer&)> write;
  std::function<Result<bool>(const Message&)> on_reply;
  std::function<void(Result<>)> done;
};

// The implementation of Connection: the socket, the handshake, and the operations in their order.
// Running callbacks share ownership, so that they may destroy the Connection.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(io::Loop& loop, std::string path, Connection::Handlers handlers,
          Connection::Options options);

  void Connect();
  // No callback is called after this.
  void Close();

  bool up() const { return up_; }
  uint64_t datapath_id() const { return datapath_id_; }

  void Ask(Request request) { Enqueue(std::move(request)); }
  void Apply(std::vector<Change> changes, size_t bundle_size, BundleRun::Done done);
  // Writes one message without an answer, if the connection is up.
  void Send(const std::function<void(uint32_t xid, Writer&)>& write);

 private:
  using Operation = std::variant<Request, std::unique_ptr<BundleRun>>;

  void Enqueue(Operation operation);
  void Pump();
  bool PumpBundle(BundleRun& run);
  uint32_t NextXid() { return ++xid_ & 0x7fffffff; }
  void Flush();

  void Receive(std::span<const uint8_t> bytes);
  void Dispatch(const Message& message);
  void ReceiveHello(const Message& message);
  void Greet();
  void ReceiveFeatures(const Message& message);
  void ReceiveError(const Message& message);
  void ReceiveReply(const Message& message);
  void ReceiveEvents(Reader body);
  void ReceiveAsync(const Message& message);

  void Probe();
  void Down(const std::string& reason);
  void FailAll(const Error& error);

  io::Loop& loop_;
  const std::string path_;
  const Connection::Handlers handlers_;
  const Connection::Options options_;
  io::Timer reconnect_, probe_, refuse_;
  io::Backoff backoff_;

  std::unique_ptr<io::Stream> stream_;
  Framer framer_;
  Writer out_;
  bool closed_ = false;
  bool up_ = false;
  int silent_ = 0;  // probe intervals without a byte from the switch
  uint64_t datapath_id_ = 0;
  uint32_t xid_ = 0;
  uint32_t bundle_id_ = 1;
  std::string last_reason_;  // why it is down

  std::deque<Operation> waiting_;        // not yet written whole; the first may be a bundle at work
  std::map<uint32_t, Request> pending_;  // written, by xid
};

}  // namespace kvs::openflow
