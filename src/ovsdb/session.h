#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "io/loop.h"
#include "ovsdb/monitor.h"

// A lasting connection to ovsdb-server. It reconnects, and its replica resumes where it was
// (monitor_cond_since): after a restart of the server only the changes since then are reported.
namespace kvs::ovsdb {

class Session {
 public:
  struct Options {
    std::string path = "/run/openvswitch/db.sock";
    Monitor monitor = MonitorAll();
    // Idle time after which the server is probed; after the same time again the connection is
    // closed.
    std::chrono::milliseconds probe_interval{10000};
    std::chrono::milliseconds first_retry{100}, last_retry{2000};
  };
  struct Handlers {
    // The replica has changed. Also called with the initial content, and with the changes made
    // while disconnected.
    std::function<void(const Change&)> on_change;
    // Connected, and the replica is in sync (on_change has been called for it).
    std::function<void()> on_up;
    // The connection is lost, or could not be made; called once per attempt, with the reason. The
    // replica keeps the last known state.
    std::function<void(const Error&)> on_down;
  };
  using OnOutcome = std::function<void(Outcome)>;

  // Starts to connect; handlers are called from the loop, never before this returns.
  Session(io::Loop& loop, Options options, Handlers handlers);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  bool up() const;
  const Replica& replica() const;
  // Why the server could not store the last transaction (a full disk); empty: it did. Logged once.
  const std::string& unwritable() const;

  // Calls `done` once, from the loop, unless the session is destroyed before. The replica already
  // has the transaction's changes then (ovsdb-server(7) 4.1.5). If not connected: kNotConnected;
  // transactions are never repeated automatically.
  void Transact(Transaction transaction, OnOutcome done);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace kvs::ovsdb
