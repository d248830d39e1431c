#pragma once

#include <boost/json/fwd.hpp>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ovsdb/framer.h"
#include "ovsdb/monitor.h"

// The protocol of one connection to ovsdb-server (JSON-RPC, RFC 7047, 4), without I/O: the session
// and the blocking client pass it the received bytes and send its output.
namespace kvs::ovsdb {

// What is kept when the connection is lost.
struct Replication {
  Replica replica;
  Uuid last_transaction;  // from which the server may resume; zero: from nothing
};

class Conversation {
 public:
  struct Events {
    std::function<void(std::string_view)> send;
    std::function<void(const Change&)> on_change;  // may be null
  };
  using Done = std::function<void(Result<>)>;
  using OnOutcome = std::function<void(Outcome)>;

  Conversation(Replication& replication, Events events);
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  // Requests may be made at any time, also from a callback.
  void CheckSchema(Done done);
  // `done` is called after on_change with the initial content. The tables must not be monitored
  // yet.
  void StartMonitor(const Monitor& monitor, Done done);
  void Transact(Transaction transaction, OnOutcome done);
  void Echo();

  // Takes bytes from the server. After an Error the connection must be closed.
  Result<> Receive(std::string_view bytes);

  // Ends the conversation: pending transactions get kUnknownOutcome with this reason, other
  // requests are dropped, and Receive() returns without calling any callback.
  void Close(const Error& reason);
  // Ends the conversation without calling any callback.
  void Abandon();

 private:
  // An Error means that the server violated the protocol, and ends the conversation.
  using Answer = std::function<Result<>(const boost::json::object& reply)>;

  void Request(std::string_view method, std::string_view params, Answer answer);
  Result<> Dispatch(std::string_view message);
  Result<> OnRequest(const boost::json::object& message);
  Result<> OnReply(const boost::json::object& message);
  Result<> OnUpdate(const boost::json::value& params);
  Result<> OnContent(const std::set<Table>& tables, const boost::json::value& result);
  Result<> Apply(const Uuid& last, const Result<Change>& change);

  Replication& replication_;
  Events events_;
  Framer framer_;
  bool closed_ = false;
  uint64_t next_id_ = 1;
  uint64_t monitors_ = 0;
  std::map<int64_t, Answer> answers_;      // of requests that wait for their reply
  std::map<int64_t, OnOutcome> outcomes_;  // of those of them that are transactions
};

}  // namespace kvs::ovsdb
