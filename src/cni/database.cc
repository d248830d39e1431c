#include "cni/database.h"

namespace kvs::cni {

using ovsdb::Table;

bool Snapshot::agent_ready() const {
  return bridge() && bridge()->external_ids.contains(ovsdb::kAgentKey);
}

Outcome<ovsdb::BridgeFacts> Snapshot::Facts(const NetConf& conf, Code refusal) const {
  if (!bridge())
    return Refuse(
        refusal,
        "bridge {} is not in Open vSwitch: the k-vswitchd agent isn't running or ready on this "
        "node; see `kvs status`",
        conf.bridge);
  if (!agent_ready())
    return Refuse(
        refusal,
        "the k-vswitchd agent isn't running or ready on this node (bridge {}); see `kvs status`",
        conf.bridge);
  auto facts = ovsdb::BridgeFacts::FromExternalIds(bridge()->external_ids);
  if (!facts) return Wrap(refusal, "bridge " + conf.bridge, facts.error());
  return *facts;
}

Outcome<std::unique_ptr<ovsdb::BlockingClient>> Connect(const NetConf& conf, Deadline deadline) {
  auto client = ovsdb::BlockingClient::Connect(conf.ovsdb, deadline);
  if (client) return std::move(*client);
  return Wrap(Code::kTryLater, "Open vSwitch's database cannot be reached; is ovsdb-server running",
              client.error());
}

ovsdb::Condition IsOf(const Env& env) {
  return {"external_ids", "includes",
          ovsdb::StringMap{{std::string(ovsdb::kContainerKey), env.container},
                           {std::string(ovsdb::kIfnameKey), env.ifname}}};
}

Outcome<Snapshot> Look(ovsdb::BlockingClient& client, const NetConf& conf,
                       const std::vector<ovsdb::Condition>& which, Deadline deadline) {
  ovsdb::Transaction reading;
  reading.Select(Table::kBridge, {ovsdb::Condition::Named(conf.bridge)}, {"name", "external_ids"});
  reading.Select(Table::kPort, {}, {"name"});
  reading.Select(Table::kInterface, which, {"name", "external_ids"});
  auto reply = client.Transact(std::move(reading), deadline);
  if (!reply) return Wrap("read Open vSwitch's database", reply.error());
  return Snapshot{std::move(reply->selected)};
}

Outcome<> DeletePorts(ovsdb::BlockingClient& client, const Snapshot& snapshot,
                      const std::vector<ovsdb::Uuid>& ports, Deadline deadline) {
  if (ports.empty() || !snapshot.bridge()) return {};
  ovsdb::Transaction deleting;
  for (const ovsdb::Uuid& port : ports) deleting.DeletePort(snapshot.bridge()->uuid, port);
  auto reply = client.Transact(std::move(deleting), deadline);
  if (!reply) return Wrap("delete ports", reply.error());
  return {};
}

tl::unexpected<Failure> Wrap(std::string_view doing, const ovsdb::TransactError& error) {
  using Reason = ovsdb::TransactError::Reason;
  return Wrap(error.reason == Reason::kStorage ? Code::kIo : Code::kTryLater, doing, error);
}

}  // namespace kvs::cni
