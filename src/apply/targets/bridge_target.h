#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "apply/frame/target.h"
#include "engine/desired.h"
#include "ovsdb/attachment.h"
#include "ovsdb/session.h"
#include "pipeline/items.h"

// What the agent keeps in OVSDB of the node as a whole: the bridge with its LOCAL port and what the
// CNI plugin must know, and the tunnel port. Keys that others put into the same columns are left
// as they are.
namespace kvs::apply {

// The bridge, which is this node's network.
struct BridgeConfig {
  std::string name;
  std::string datapath_type;  // system or netdev
  Mac hwaddr;  // of the LOCAL port; fixed, so that ports that come and go don't change it
  ovsdb::BridgeFacts facts;
  // Fields by whose longest prefix OpenFlow tables look flows up (Flow_Table.prefixes), so that an
  // address costs a megaflow no more bits than tell it from those that flows name.
  std::map<uint8_t, ovsdb::StringSet> prefixes;

  const std::string& id() const { return name; }
  friend bool operator==(const BridgeConfig&, const BridgeConfig&) = default;
};

// A bridge of this name that belongs to another node (kvs.node in its external_ids), or on which
// nothing is ours (that key, another of ours, our MAC, a pod's port), is left alone, and refused. A
// bridge is never deleted: see agent/uninstall.h.
class BridgeTarget final : public Target<BridgeConfig> {
 public:
  // `desired`: the bridge, of which only what is ours to say is looked at.
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

// Why `wanted` can't be had; nullopt: it can.
std::optional<Problem> FindConflict(const BridgeConfig& wanted, const ovsdb::Replica& there);
// Makes it so. Empty if it is.
ovsdb::Transaction TransactionFor(const BridgeConfig& wanted, const ovsdb::Replica& there);

std::optional<Found<pipeline::TunnelPort>> FindTunnel(const ovsdb::Replica& there);
ovsdb::Transaction TransactionFor(const engine::Change<pipeline::TunnelPort>& change,
                                  const ovsdb::Replica& there);

// Sends what is one item's change, and tells what became of it.
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
