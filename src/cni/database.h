#pragma once

#include <memory>
#include <vector>

#include "cni/call.h"
#include "ovsdb/attachment.h"
#include "ovsdb/blocking_client.h"

// OVSDB as the plugin sees it: what the agent said about the node, which ports there are, and which
// of them belong to an attachment.
namespace kvs::cni {

// Interface.external_ids: the name of the network (a conflist) that the attachment is of. GC acts
// on one network.

// The state of the database at one moment.
struct Snapshot {
  ovsdb::Replica rows;  // our bridge, the names of all ports, the interfaces asked for

  // nullptr if there is none of the configured name.
  const ovsdb::Bridge* bridge() const {
    return rows.bridges.empty() ? nullptr : &rows.bridges.begin()->second;
  }
  bool agent_ready() const;
  // What the agent says of the node. `refusal` is the code of the failure when the bridge is not
  // there or the agent cannot realize pods; the message says what to look at.
  Outcome<ovsdb::BridgeFacts> Facts(const NetConf& conf, Code refusal) const;
};

// Fails with kTryLater; the message names the socket.
Outcome<std::unique_ptr<ovsdb::BlockingClient>> Connect(const NetConf& conf, Deadline deadline);

// The condition that an Interface is of this attachment.
ovsdb::Condition IsOf(const Env& env);

// Reads a Snapshot, with the interfaces that meet all of `which`. Fails with kTryLater.
Outcome<Snapshot> Look(ovsdb::BlockingClient& client, const NetConf& conf,
                       const std::vector<ovsdb::Condition>& which, Deadline deadline);

// Deletes ports of our bridge; those that are gone already are no error. Fails with kIo when the
// database cannot write, with kTryLater otherwise.
Outcome<> DeletePorts(ovsdb::BlockingClient& client, const Snapshot& snapshot,
                      const std::vector<ovsdb::Uuid>& ports, Deadline deadline);

// A failed transaction as a failure of the call.
tl::unexpected<Failure> Wrap(std::string_view doing, const ovsdb::TransactError& error);

}  // namespace kvs::cni
