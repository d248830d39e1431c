#include "apply/bridge_applier.h"

#include <algorithm>

#include "base/log.h"

namespace kvs::apply {
namespace {

using ovsdb::StringMap;
using ovsdb::Table;

// The entries of `wanted` that `there` lacks or has otherwise.
StringMap Missing(const StringMap& wanted, const StringMap& there) {
  StringMap missing;
  for (const auto& [key, value] : wanted) {
    const auto it = there.find(key);
    if (it == there.end() || it->second != value) missing.emplace(key, value);
  }
  return missing;
}

const ovsdb::StringSet kProtocols = {"OpenFlow10", "OpenFlow13", "OpenFlow15"};

ovsdb::Bridge BridgeOf(const WantedBridge& wanted) {
  ovsdb::Bridge bridge;
  bridge.name = wanted.name;
  bridge.datapath_type = wanted.datapath_type;
  bridge.fail_mode = "secure";
  bridge.protocols = kProtocols;  // 1.5 is ours; the others are for people with ovs-ofctl
  bridge.other_config = {{"hwaddr", wanted.hwaddr.ToString()}};
  bridge.external_ids = wanted.facts.ToExternalIds();
  return bridge;
}

// Of the bridge's link; 0: not known. On one too small for IPv6 the kernel takes the IPv6 addresses
// away, and with them what still works.
int64_t LinkMtu(const ovsdb::BridgeFacts& facts) {
  const bool six = std::ranges::any_of(facts.pod_ranges,
                                       [](const Prefix& range) { return range.address().is6(); });
  return facts.mtu > 0 && six ? std::max(facts.mtu, kLeastMtu6) : facts.mtu;
}

void CompareBridge(const WantedBridge& wanted, const ovsdb::Bridge& there,
                   ovsdb::Transaction& out) {
  const ovsdb::Bridge bridge = BridgeOf(wanted);
  if (there.datapath_type != bridge.datapath_type || there.fail_mode != bridge.fail_mode ||
      there.protocols != bridge.protocols)
    out.Update(Table::kBridge, there.uuid,
               {{"datapath_type", bridge.datapath_type},
                {"fail_mode", *bridge.fail_mode},
                {"protocols", kProtocols}});
  if (const auto missing = Missing(bridge.other_config, there.other_config); !missing.empty())
    out.SetOtherConfig(Table::kBridge, there.uuid, missing);
  if (const auto missing = Missing(bridge.external_ids, there.external_ids); !missing.empty())
    out.SetExternalIds(Table::kBridge, there.uuid, missing);
  if (!wanted.facts.agent_ready && there.external_ids.contains(ovsdb::kAgentKey))
    out.RemoveExternalIds(Table::kBridge, there.uuid, {std::string(ovsdb::kAgentKey)});
}

void CompareTunnel(const WantedBridge::Tunnel& wanted, const ovsdb::Bridge& bridge,
                   const ovsdb::Replica& there, ovsdb::Transaction& out) {
  const ovsdb::Interface* interface = there.interfaces.Find(wanted.name);
  const ovsdb::Port* port = there.ports.Find(wanted.name);
  if (port == nullptr || interface == nullptr || !bridge.ports.contains(port->uuid)) {
    ovsdb::Port new_port;
    new_port.name = wanted.name;
    ovsdb::Interface made;
    made.name = wanted.name;
    made.type = wanted.type;
    made.options = wanted.options;
    made.ofport_request = wanted.ofport;
    out.InsertPort(bridge.uuid, new_port, made);
    return;
  }
  if (interface->type != wanted.type || interface->options != wanted.options)
    out.Update(Table::kInterface, interface->uuid,
               {{"type", wanted.type}, {"options", wanted.options}});
}

}  // namespace

BridgeChange Compare(const WantedBridge& wanted, const ovsdb::Replica& there) {
  BridgeChange change;
  const ovsdb::OpenVSwitch* root = there.root();
  if (root == nullptr) return change;
  const ovsdb::Bridge* bridge = there.bridges.Find(wanted.name);
  if (bridge == nullptr) {
    ovsdb::Interface local;
    local.name = wanted.name;
    local.type = "internal";
    if (const int64_t mtu = LinkMtu(wanted.facts); mtu > 0) local.mtu_request = mtu;
    change.transaction.Comment("k-vswitchd: make the bridge");
    change.transaction.InsertBridge(root->uuid, BridgeOf(wanted), local);
    return change;
  }
  const auto owner = bridge->external_ids.find(ovsdb::kNodeKey);
  if (owner == bridge->external_ids.end() || owner->second != wanted.facts.node) {
    change.problem = Problem{"Bridge/" + wanted.name, "external_ids",
                             owner == bridge->external_ids.end()
                                 ? "a bridge of this name exists that k-vswitch did not make; "
                                   "rename or delete it (ovs-vsctl del-br)"
                                 : fmt::format("the bridge belongs to node \"{}\", and this is "
                                               "\"{}\"; if the node was renamed, delete the "
                                               "bridge (ovs-vsctl del-br)",
                                               owner->second, wanted.facts.node)};
    return change;
  }
  CompareBridge(wanted, *bridge, change.transaction);
  const ovsdb::Interface* local = there.interfaces.Find(wanted.name);
  const int64_t mtu = LinkMtu(wanted.facts);
  if (local != nullptr && mtu > 0 && local->mtu_request != mtu)
    change.transaction.Update(Table::kInterface, local->uuid, {{"mtu_request", mtu}});
  if (wanted.tunnel) {
    CompareTunnel(*wanted.tunnel, *bridge, there, change.transaction);
  } else if (const ovsdb::Port* stale = there.ports.Find("overlay0");
             stale != nullptr && wanted.tunnel_known) {
    change.transaction.DeletePort(bridge->uuid, stale->uuid);
  }
  return change;
}

void BridgeApplier::Want(WantedBridge wanted) {
  if (wanted_ == wanted) return;
  wanted_ = std::move(wanted);
  settled_ = false;
  Reconcile();
}

void BridgeApplier::Reconcile() {
  if (!wanted_ || busy_ || !session_.up()) return;
  BridgeChange change = Compare(*wanted_, session_.replica());
  if (change.problem && problem_ != change.problem) log::Error("{}", change.problem->ToString());
  problem_ = std::move(change.problem);
  if (change.transaction.operations().empty()) {
    settled_ = settled_ || !problem_;
    return;
  }
  if (settled_) ++repairs_;
  busy_ = true;
  session_.Transact(std::move(change.transaction), [this](const ovsdb::Outcome& outcome) {
    busy_ = false;
    if (outcome) return Reconcile();
    if (outcome.error().reason != ovsdb::TransactError::Reason::kStorage)
      log::Warning("OVSDB: {}", outcome.error().message);
  });
}

}  // namespace kvs::apply
