#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "ovsdb/monitor.h"

// A connection for a short-lived program (the CNI plugin): blocking calls with deadlines, no loop,
// no thread. Requests can be sent before earlier ones are answered, so that the program can do
// other work meanwhile. The schema is not checked: a request that names a column that the server
// lacks fails. After a call has failed because the connection was lost, all further calls fail.
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

  // The same in two steps. If SendTransact fails, the transaction does not happen. Each sent
  // transaction must be received once, in any order; if that ends with kDeadline it can be received
  // again.
  Result<RequestId> SendTransact(Transaction transaction, Deadline deadline);
  Outcome Receive(RequestId request, Deadline deadline);

  // Starts replication, without waiting for the content: see WaitUntil(). May be called again for
  // other tables; a table can be monitored only once.
  Result<> StartMonitor(const Monitor& monitor, Deadline deadline);
  // True once the initial content of every monitor is in the replica.
  bool synced() const;
  const Replica& replica() const;

  // Returns when the initial content is there and `done(replica())` is true; evaluated after every
  // update. The Error says whether the deadline passed or the connection broke.
  Result<> WaitUntil(const std::function<bool(const Replica&)>& done, Deadline deadline);

 private:
  struct State;
  explicit BlockingClient(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace kvs::ovsdb
