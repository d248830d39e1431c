#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/loop.h"
#include "openflow/change.h"
#include "openflow/ct_flush.h"
#include "openflow/state.h"

namespace kvs::openflow {

// A change that the switch refused: its index in the vector given to Apply(), and the reason: "add
// table=0, ...: OFPBAC_BAD_OUT_GROUP (no such group)".
struct Refusal {
  size_t change = 0;
  std::string reason;
};

struct ApplyResult {
  size_t committed = 0;          // changes that are in effect, as the switch confirmed
  std::vector<Refusal> refused;  // nothing of a bundle with a refused change took effect
  // Set unless every change is in effect. After a lost connection it is unknown whether the last
  // bundle took effect: dump.
  std::optional<Error> error;

  bool ok() const { return !error; }
};

class Session;

// A connection to one switch over its Unix socket (<run dir>/<bridge>.mgmt), with OpenFlow 1.5 and
// Open vSwitch's extensions. It connects at once, reconnects after a loss (after 50 ms to 2 s), and
// detects a peer that hangs.
//
// Each operation ends with exactly one call of its callback, never before the call that started it
// returns. Operations are carried out in their order; those that are a single request are
// pipelined, an Apply() is a fence. When the connection is lost, all of them fail with the same
// reason, then on_down is called. Destroying the object cancels everything: no callback is called
// after that. Callbacks may destroy it.
class Connection {
 public:
  struct Handlers {
    std::function<void(uint64_t datapath_id)> on_up;
    // The connection was lost or could not be made (called once as long as the reason is the same).
    std::function<void(const Error&)> on_down;
    std::function<void(const PacketIn&)> on_packet_in;
    std::function<void(const PortStatus&)> on_port_status;
    std::function<void(const FlowEvent&)> on_flow_event;  // if Options::watch_flows
    std::function<void(const FlowRemoved&)> on_flow_removed;
  };
  struct Options {
    // Idle time after which the peer is probed. After three intervals without any data the
    // connection is closed.
    std::chrono::milliseconds probe_interval{10000};
    // Requests a flow monitor of all tables, to see changes that others make.
    bool watch_flows = false;
  };

  Connection(io::Loop& loop, std::string socket_path, Handlers handlers, Options options);
  Connection(io::Loop& loop, std::string socket_path, Handlers handlers)
      : Connection(loop, std::move(socket_path), std::move(handlers), Options()) {}
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool up() const;
  uint64_t datapath_id() const;  // of the present or last connection

  // Makes the changes in one atomic bundle: all, or none if one is refused. With `bundle_size` they
  // are split into bundles of about that many changes, so that the switch needs less memory and
  // serves others in between; the first refusal ends the operation. Groups are added before flows
  // change, and deleted after; apart from that, changes keep their order.
  void Apply(std::vector<Change> changes, std::function<void(const ApplyResult&)> done,
             size_t bundle_size = 0);

  // Makes the changes one by one; a refused one (its reason does not repeat the change) does not
  // stop the others.
  void ChangeMeters(const std::vector<MeterChange>& changes,
                    std::function<void(const ApplyResult&)> done);

  struct FlowFilter {
    uint8_t table = 0xff;  // 0xff: all
    uint64_t cookie = 0, cookie_mask = 0;
  };
  // `batch` gets the flows in parts (some hundreds at a time), then `done` is called.
  void DumpFlows(const FlowFilter& filter, std::function<void(std::vector<InstalledFlow>)> batch,
                 std::function<void(Result<>)> done);
  // OpenFlow can't describe a group of more than 64 KiB.
  void DumpGroups(std::function<void(Result<std::vector<InstalledGroup>>)> done);
  // The switch's own meters (above flow::kMaxMeter) are left out.
  void DumpMeters(std::function<void(Result<std::vector<InstalledMeter>>)> done);
  void DumpMeterStats(std::function<void(Result<std::vector<MeterStats>>)> done);
  void DumpPorts(std::function<void(Result<std::vector<Port>>)> done);
  void DumpTables(std::function<void(Result<std::vector<TableStats>>)> done);
  void CountFlows(const FlowFilter& filter, std::function<void(Result<FlowTotals>)> done);
  // Makes the switch forget these connections. It walks through its whole connection table, about
  // 0.6 us per entry, and does nothing else meanwhile.
  void FlushConntrack(const CtFilter& filter, std::function<void(Result<>)> done);
  // `done` is called when the switch has processed everything requested before.
  void Barrier(std::function<void(Result<>)> done);
  // Without confirmation; an error of the switch is logged. Dropped while the connection is down.
  void Send(const PacketOut& packet);
  void Send(const PortMod& port);
  // Resumes the packet of a Controller action with `pause` in the pipeline.
  void Resume(const PacketIn& packet);

 private:
  std::shared_ptr<Session> session_;
};

}  // namespace kvs::openflow
