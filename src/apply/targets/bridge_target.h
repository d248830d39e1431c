#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "apply/frame/target.h"
#include "engine/desired.h"
#include "ovsdb/attachment.h"
#include "ovsdb/session.h"
#include "pipeline/items.h"

// What the agent keeps in OVSDB for the node as a whole: the bridge with its LOCAL port and the
// facts for the CNI plugin, and the tunnel port. Keys of other programs in the same columns are not
// changed.
namespace kvs::apply {

// The bridge to which the node's pods are attached.
struct BridgeConfig {
  std::string name;
  std::string datapath_type;  // system or netdev
  Mac hwaddr;  // of the LOCAL port; fixed, so that ports that come and go don't change it
  ovsdb::BridgeFacts facts;
  // Fields whose longest prefix OpenFlow tables are looked up by (Flow_Table.prefixes): a megaflow
  // then has only as many bits of an address as distinguish it from the prefixes in flows.
  std::map<uint8_t, ovsdb::StringSet> prefixes;

  const std::string& id() const { return name; }
  friend bool operator==(const BridgeConfig&, const BridgeConfig&) = default;
};

// A bridge of this name that belongs to another node (kvs.node in its external_ids), or that has
// nothing of ours (that key, another of our keys, our MAC, a pod's port), is not changed; the
// change is refused. A bridge is never deleted here: see agent/uninstall.h.
class BridgeTarget final : public Target<BridgeConfig> {
 public:
  // `desired`: the bridge; only the fields that we set are read.
  BridgeTarget(ovsdb::Session& session, const engine::Desired<BridgeConfig>& desired)
      : session_(session), desired_(desired) {}

  void Dump(OnContents done) override;
  void Apply(const Deltas& deltas, OnOutcome done) override;

 private:
  ovsdb::Session& session_;
  const engine::Desired<BridgeConfig>& desired_;
};

// The tunnel port on our bridge.
class TunnelTarget final : public Target<pipeline::TunnelPort> {
 public:
  explicit TunnelTarget(ovsdb::Session& session) : session_(session) {}

  void Dump(OnContents done) override;
  void Apply(const Deltas& deltas, OnOutcome done) override;

 private:
  ovsdb::Session& session_;
};

// Why `wanted` can't be set up; nullopt if it can.
std::optional<Problem> FindConflict(const BridgeConfig& wanted, const ovsdb::Replica& there);
// The transaction that makes the changes; empty if there are none.
ovsdb::Transaction TransactionFor(const BridgeConfig& wanted, const ovsdb::Replica& there);

std::optional<Found<pipeline::TunnelPort>> FindTunnel(const ovsdb::Replica& there);
ovsdb::Transaction TransactionFor(const engine::Change<pipeline::TunnelPort>& change,
                                  const ovsdb::Replica& there);

// Sends the transaction of one item's change, and reports the result.
template <class Item>
void Transact(ovsdb::Session& session, const ovsdb::Transaction& transaction,
              typename Target<Item>::OnOutcome done) {
  if (transaction.operations().empty()) return done({});
  session.Transact(transaction, [done = std::move(done)](const ovsdb::Outcome& made) {
    Outcome<Item> outcome;
    if (!made) outcome.error = made.error();
    done(outcome);
  });
}

}  // namespace kvs::apply
