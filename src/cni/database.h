#pragma once

#include <memory>
#include <vector>

#include "cni/call.h"
#include "ovsdb/attachment.h"
#include "ovsdb/blocking_client.h"

// OVSDB as the plugin sees it: the agent's facts about the node, the existing ports, and which of
// them belong to an attachment.
namespace kvs::cni {

// Interface.external_ids: the network (the name of a conflist) of the attachment. GC acts on one
// network.

// The content of the database at one moment.
struct Snapshot {
  ovsdb::Replica rows;  // our bridge, the names of all ports, the interfaces asked for

  // nullptr if there is no bridge of the configured name.
  const ovsdb::Bridge* bridge() const {
    return rows.bridges.empty() ? nullptr : &rows.bridges.begin()->second;
  }
  bool agent_ready() const;
  // The agent's facts about the node. `refusal` is the code of the failure if the bridge does not
  // exist or the agent is not ready; the message says what to check.
  Outcome<ovsdb::BridgeFacts> Facts(const NetConf& conf, Code refusal) const;
};

// Fails with kTryLater; the message names the socket.
Outcome<std::unique_ptr<ovsdb::BlockingClient>> Connect(const NetConf& conf, Deadline deadline);

// The condition that an Interface belongs to this attachment.
ovsdb::Condition IsOf(const Env& env);

// Reads a Snapshot, with the interfaces that meet all conditions of `which`. Fails with kTryLater.
Outcome<Snapshot> Look(ovsdb::BlockingClient& client, const NetConf& conf,
                       const std::vector<ovsdb::Condition>& which, Deadline deadline);

// Deletes ports of our bridge; no error if one does not exist. Fails with kIo if the database can't
// write, else with kTryLater.
Outcome<> DeletePorts(ovsdb::BlockingClient& client, const Snapshot& snapshot,
                      const std::vector<ovsdb::Uuid>& ports, Deadline deadline);

// Turns a failed transaction into a failure of the call.
tl::unexpected<Failure> Wrap(std::string_view doing, const ovsdb::TransactError& error);

}  // namespace kvs::cni
