#include "apply/targets/bridge_target.h"

#include <algorithm>

namespace kvs::apply {
namespace {

using ovsdb::StringMap;
using ovsdb::Table;
using pipeline::TunnelPort;

// The entries of `wanted` that `there` lacks or that differ.
StringMap Missing(const StringMap& wanted, const StringMap& there) {
  StringMap missing;
  for (const auto& [key, value] : wanted) {
    const auto it = there.find(key);
    if (it == there.end() || it->second != value) missing.emplace(key, value);
  }
  return missing;
}

const ovsdb::StringSet kProtocols = {"OpenFlow10", "OpenFlow13", "OpenFlow15"};

ovsdb::Bridge BridgeOf(const BridgeConfig& wanted) {
  ovsdb::Bridge bridge;
  bridge.name = wanted.name;
  bridge.datapath_type = wanted.datapath_type;
  bridge.fail_mode = "secure";
  bridge.protocols = kProtocols;  // 1.5 is ours; the others are for people with ovs-ofctl
  bridge.other_config = {{"hwaddr", wanted.hwaddr.ToString()}};
  bridge.external_ids = wanted.facts.ToExternalIds();
  return bridge;
}

// The MTU of the bridge's link; 0: unknown. At least IPv6's minimum: below it the kernel would
// remove the IPv6 addresses, and with them connectivity that still works.
int64_t LinkMtu(const ovsdb::BridgeFacts& facts) {
  const bool six = std::ranges::any_of(facts.pod_ranges,
                                       [](const Prefix& range) { return range.address().is6(); });
  return facts.mtu > 0 && six ? std::max(facts.mtu, kLeastMtu6) : facts.mtu;
}

void ChangeBridge(const BridgeConfig& wanted, const ovsdb::Bridge& there,
                  const ovsdb::Replica& replica, ovsdb::Transaction& out) {
  const ovsdb::Bridge bridge = BridgeOf(wanted);
  if (there.datapath_type != bridge.datapath_type || there.fail_mode != bridge.fail_mode ||
      there.protocols != bridge.protocols || there.stp_enable || there.rstp_enable)
    out.Update(Table::kBridge, there.uuid,
               {{"datapath_type", bridge.datapath_type},
                {"fail_mode", *bridge.fail_mode},
                {"protocols", kProtocols},
                {"stp_enable", false},  // ports that block or learn carry no pod's packets
                {"rstp_enable", false}});
  if (const auto missing = Missing(bridge.other_config, there.other_config); !missing.empty())
    out.SetOtherConfig(Table::kBridge, there.uuid, missing);
  if (const auto missing = Missing(bridge.external_ids, there.external_ids); !missing.empty())
    out.SetExternalIds(Table::kBridge, there.uuid, missing);
  if (!wanted.facts.agent_ready && there.external_ids.contains(ovsdb::kAgentKey))
    out.RemoveExternalIds(Table::kBridge, there.uuid, {std::string(ovsdb::kAgentKey)});
  const ovsdb::Interface* local = replica.interfaces.Find(wanted.name);
  const int64_t mtu = LinkMtu(wanted.facts);
  if (local != nullptr && mtu > 0 && local->mtu_request != mtu)
    out.Update(Table::kInterface, local->uuid, {{"mtu_request", mtu}});
}

// Rows for the tables that `there` has none for.
ovsdb::RowByNumber InsertFlowTables(const BridgeConfig& wanted, const ovsdb::UuidByNumber& there,
                                    ovsdb::Transaction& out) {
  ovsdb::RowByNumber added;
  for (const auto& [table, fields] : wanted.prefixes)
    if (!there.contains(table))
      added.emplace(table, out.Insert(Table::kFlowTable, {{"prefixes", fields}}));
  return added;
}

void ChangeFlowTables(const BridgeConfig& wanted, const ovsdb::Bridge& there,
                      const ovsdb::Replica& replica, ovsdb::Transaction& out) {
  for (const auto& [table, uuid] : there.flow_tables) {
    const auto fields = wanted.prefixes.find(static_cast<uint8_t>(table));
    const ovsdb::FlowTable* row = replica.flow_tables.Find(uuid);
    if (fields != wanted.prefixes.end() && row != nullptr && row->prefixes != fields->second)
      out.Update(Table::kFlowTable, uuid, {{"prefixes", fields->second}});
  }
  if (const auto added = InsertFlowTables(wanted, there.flow_tables, out); !added.empty())
    out.InsertInto(Table::kBridge, there.uuid, "flow_tables", added);
}

bool HasPods(const ovsdb::Bridge& bridge, const ovsdb::Replica& there) {
  return std::ranges::any_of(bridge.ports, [&](const ovsdb::Uuid& uuid) {
    const ovsdb::Port* port = there.ports.Find(uuid);
    const auto* interface = port == nullptr ? nullptr : there.interfaces.Find(port->name);
    return interface != nullptr && ovsdb::Attachment::IsIn(interface->external_ids);
  });
}

// Whether it is this node's. If another program has removed that key, our other keys and ports show
// it.
bool IsOurs(const BridgeConfig& wanted, const ovsdb::Bridge& bridge, const ovsdb::Replica& there) {
  if (const auto owner = bridge.external_ids.find(ovsdb::kNodeKey);
      owner != bridge.external_ids.end())
    return owner->second == wanted.facts.node;
  const StringMap facts = wanted.facts.ToExternalIds();
  const auto is_fact = [&](const auto& entry) { return facts.contains(entry.first); };
  return std::ranges::any_of(bridge.external_ids, is_fact) ||
         Missing({{"hwaddr", wanted.hwaddr.ToString()}}, bridge.other_config).empty() ||
         HasPods(bridge, there);
}

}  // namespace

std::optional<Problem> FindConflict(const BridgeConfig& wanted, const ovsdb::Replica& there) {
  const ovsdb::Bridge* bridge = there.bridges.Find(wanted.name);
  if (bridge == nullptr || IsOurs(wanted, *bridge, there)) return std::nullopt;
  const auto owner = bridge->external_ids.find(ovsdb::kNodeKey);
  return Problem{"Bridge/" + wanted.name, "external_ids",
                 owner == bridge->external_ids.end()
                     ? "a bridge of this name exists that k-vswitch did not create; rename or "
                       "delete it (ovs-vsctl del-br)"
                     : fmt::format("the bridge belongs to node \"{}\", and this is "
                                   "\"{}\"; if the node was renamed, delete the "
                                   "bridge (ovs-vsctl del-br)",
                                   owner->second, wanted.facts.node),
                 "BridgeConflict", true};
}

ovsdb::Transaction TransactionFor(const BridgeConfig& wanted, const ovsdb::Replica& there) {
  ovsdb::Transaction transaction;
  const ovsdb::OpenVSwitch* root = there.root();
  const ovsdb::Bridge* bridge = there.bridges.Find(wanted.name);
  if (bridge != nullptr) {
    ChangeBridge(wanted, *bridge, there, transaction);
    ChangeFlowTables(wanted, *bridge, there, transaction);
  } else if (root != nullptr) {
    ovsdb::Interface local;
    local.name = wanted.name;
    local.type = "internal";
    if (const int64_t mtu = LinkMtu(wanted.facts); mtu > 0) local.mtu_request = mtu;
    transaction.Comment("k-vswitchd: make the bridge");
    const auto tables = InsertFlowTables(wanted, {}, transaction);
    transaction.InsertBridge(root->uuid, BridgeOf(wanted), local, tables);
  }
  return transaction;
}

std::optional<Found<TunnelPort>> FindTunnel(const ovsdb::Replica& there) {
  const ovsdb::Bridge* bridge = there.bridges.Find(ovsdb::kBridgeName);
  const ovsdb::Port* port = there.ports.Find(ovsdb::kTunnelPortName);
  const ovsdb::Interface* interface = there.interfaces.Find(ovsdb::kTunnelPortName);
  if (bridge == nullptr || port == nullptr || interface == nullptr ||
      !bridge->ports.contains(port->uuid))
    return std::nullopt;
  return Found<TunnelPort>{
      {.name = interface->name,
       .type = interface->type,
       .options = {interface->options.begin(), interface->options.end()},
       .ofport = static_cast<flow::OfPort>(interface->ofport_request.value_or(0))}};
}

ovsdb::Transaction TransactionFor(const engine::Change<TunnelPort>& change,
                                  const ovsdb::Replica& there) {
  ovsdb::Transaction transaction;
  const ovsdb::Bridge* bridge = there.bridges.Find(ovsdb::kBridgeName);
  if (bridge == nullptr) return transaction;
  const ovsdb::Port* port = there.ports.Find(change.id());
  const ovsdb::Interface* interface = there.interfaces.Find(change.id());
  if (change.now == nullptr) {
    if (port != nullptr) transaction.DeletePort(bridge->uuid, port->uuid);
  } else if (port != nullptr && interface != nullptr && bridge->ports.contains(port->uuid)) {
    transaction.Update(
        Table::kInterface, interface->uuid,
        {{"type", change.now->type},
         {"options", StringMap(change.now->options.begin(), change.now->options.end())},
         {"ofport_request", int64_t{change.now->ofport}}});
  } else {
    ovsdb::Port made_port;
    made_port.name = change.now->name;
    ovsdb::Interface made;
    made.name = change.now->name;
    made.type = change.now->type;
    made.options = {change.now->options.begin(), change.now->options.end()};
    made.ofport_request = change.now->ofport;
    transaction.InsertPort(bridge->uuid, made_port, made);
  }
  return transaction;
}

void BridgeTarget::Dump(OnContents done) {
  if (!session_.up()) return done(Fail("OVSDB is not connected"));
  Contents contents;
  const ovsdb::Replica& there = session_.replica();
  desired_.ForEach([&](const BridgeConfig& wanted) {
    const ovsdb::Bridge* bridge = there.bridges.Find(wanted.name);
    if (bridge == nullptr || !IsOurs(wanted, *bridge, there)) return;
    std::get<0>(contents).push_back({wanted, TransactionFor(wanted, there).operations().empty()});
  });
  done(std::move(contents));
}

void BridgeTarget::Apply(const Deltas& deltas, OnOutcome done) {
  ovsdb::Transaction transaction;
  for (const auto& change : std::get<0>(deltas).changes) {
    if (change.now == nullptr) continue;
    if (auto conflict = FindConflict(*change.now, session_.replica())) {
      Outcome<BridgeConfig> refused;
      refused.Refuse<BridgeConfig>(change.id(), *std::move(conflict));
      return done(refused);
    }
    transaction = TransactionFor(*change.now, session_.replica());
  }
  Transact<BridgeConfig>(session_, transaction, std::move(done));
}

void TunnelTarget::Dump(OnContents done) {
  if (!session_.up()) return done(Fail("OVSDB is not connected"));
  Contents contents;
  if (auto found = FindTunnel(session_.replica()))
    std::get<0>(contents).push_back(*std::move(found));
  done(std::move(contents));
}

void TunnelTarget::Apply(const Deltas& deltas, OnOutcome done) {
  ovsdb::Transaction transaction;
  for (const auto& change : std::get<0>(deltas).changes)
    transaction = TransactionFor(change, session_.replica());
  Transact<TunnelPort>(session_, transaction, std::move(done));
}

}  // namespace kvs::apply
