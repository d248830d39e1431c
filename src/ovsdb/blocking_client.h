#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "ovsdb/monitor.h"

// A connection for a short-lived program (the CNI plugin): straight blocking calls with deadlines,
// no loop, no thread. Requests can be sent before earlier ones are answered, so that the program
// does other work meanwhile. The schema is not checked: a column that the server lacks fails the
// request that names it. Once a call has failed for want of a connection, so do all others.
namespace kvs::ovsdb {

class BlockingClient {
 public:
  using Deadline = std::chrono::steady_clock::time_point;
  using RequestId = uint64_t;

  static Result<std::unique_ptr<BlockingClient>> Connect(const std::string& path,
                                                         Deadline deadline);
  ~BlockingClient();
  BlockingClient(const BlockingClient&) = delete;
  BlockingClient& operator=(const BlockingClient&) = delete;

  Outcome Transact(Transaction transaction, Deadline deadline);

  // The same in two steps. An error of SendTransact means that it never happens. Every sent
  // transaction is to be received once, in any order; again only after kDeadline.
  Result<RequestId> SendTransact(Transaction transaction, Deadline deadline);
  Outcome Receive(RequestId request, Deadline deadline);

  // Starts to replicate, without waiting for the content: WaitUntil() sees it arrive. May be
  // called again for other tables; a table can be monitored once.
  Result<> StartMonitor(const Monitor& monitor, Deadline deadline);
  // True once every monitor's first content is in the replica.
  bool synced() const;
  const Replica& replica() const;

  // Returns when the first content is there and `done(replica())` is true; asks after every
  // update. The error says whether the deadline passed or the connection broke.
  Result<> WaitUntil(const std::function<bool(const Replica&)>& done, Deadline deadline);

 private:
  struct State;
  explicit BlockingClient(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace kvs::ovsdb
