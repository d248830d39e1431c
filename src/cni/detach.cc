#include "cni/detach.h"

#include <algorithm>
#include <chrono>
#include <map>

#include "cni/database.h"
#include "cni/delegate.h"
#include "cni/host_end.h"

namespace kvs::cni {
namespace {

using namespace std::chrono_literals;

// After this long DEL goes on without OVSDB: the runtime's time limit is needed for the pod's end.
constexpr auto kDatabaseTimeout = 2s;

// The link first, the port last: the address belongs to the holder of the port's name, so it is not
// given away while the link exists.
Outcome<> Remove(const Call& call, netlink::Socket& host, ovsdb::BlockingClient* client,
                 const Snapshot* snapshot, const Remains& remains, LinkRemoval removal,
                 Deadline deadline) {
  const bool retire = removal == LinkRemoval::kDeferred && snapshot && snapshot->agent_ready();
  const auto done = retire ? RetireLinks(host, remains.links) : DeleteLinks(host, remains.links);
  if (!done) return Wrap(Code::kIo, "remove links", done.error());
  call.step("links removed");
  if (!snapshot) return {};
  auto deleted = DeletePorts(*client, *snapshot, remains.ports, deadline);
  call.step("ports deleted");
  if (!deleted && deleted.error().code == static_cast<int>(Code::kIo)) return deleted;
  return {};
}

// Ports and links of this network that must be removed. An attachment's network is in its row, else
// in its link; if it is in neither, the attachment stays.
Result<Remains> FindStale(netlink::Socket& host, const NetConf& conf, const Snapshot& snapshot) {
  auto links = netlink::DumpLinks(host);
  if (!links) return tl::unexpected(links.error());
  std::map<AttachmentKey, std::string> networks;
  const auto note = [&](const ovsdb::Attachment& told) {
    if (!told.network.empty())
      networks.emplace(AttachmentKey{told.container, told.ifname}, told.network);
  };
  const auto stale = [&](const ovsdb::Attachment& one) {
    const AttachmentKey key{one.container, one.ifname};
    const auto network = networks.find(key);
    return network != networks.end() && network->second == conf.name &&
           !conf.valid_attachments.contains(key);
  };
  for (const auto& [uuid, interface] : snapshot.rows.interfaces)
    if (const auto told = ovsdb::Attachment::FromExternalIds(interface.external_ids)) note(*told);
  for (const netlink::Link& link : *links)
    if (const auto told = AttachmentOf(link)) note(*told);
  Remains remains;
  for (const auto& [uuid, interface] : snapshot.rows.interfaces) {
    const auto attachment = ovsdb::Attachment::FromExternalIds(interface.external_ids);
    const ovsdb::Port* port = snapshot.rows.ports.Find(interface.name);
    if (attachment && port && stale(*attachment)) remains.ports.push_back(port->uuid);
  }
  for (netlink::Link& link : *links)
    if (const auto attachment = AttachmentOf(link); attachment && stale(*attachment))
      remains.links.push_back(std::move(link));
  return remains;
}

}  // namespace

Outcome<> Detach(const Call& call, LinkRemoval removal, Deadline deadline) {
  auto host = netlink::Socket::Open();
  if (!host) return Wrap(Code::kIo, "remove " + call.env.who(), host.error());
  const Deadline timeout = std::min(deadline, In(kDatabaseTimeout));
  auto client = Connect(call.conf, timeout);
  Outcome<Snapshot> snapshot = client ? Look(**client, call.conf, {IsOf(call.env)}, timeout)
                                      : Outcome<Snapshot>(tl::unexpected(client.error()));
  const Snapshot* known = snapshot ? &*snapshot : nullptr;
  const auto remains = FindRemains(**host, call.env, known);
  if (!remains) return Wrap(Code::kIo, "remove " + call.env.who(), remains.error());
  auto removed =
      Remove(call, **host, known ? client->get() : nullptr, known, *remains, removal, timeout);
  if (!removed || call.conf.ipam.empty() || !IpamIsThere(call)) return removed;
  auto released = RunIpam(call, "DEL", deadline);
  call.step("delegated address released");
  if (!released) return tl::unexpected(released.error());
  return {};
}

Outcome<> Del(const Call& call) { return Detach(call, LinkRemoval::kDeferred, call.deadline); }

Outcome<> Gc(const Call& call) {
  auto host = netlink::Socket::Open();
  if (!host) return Wrap(Code::kIo, "collect garbage", host.error());
  auto client = Connect(call.conf, call.deadline);
  if (!client) return tl::unexpected(client.error());
  auto snapshot = Look(**client, call.conf, {}, call.deadline);
  if (!snapshot) return tl::unexpected(snapshot.error());
  const auto stale = FindStale(**host, call.conf, *snapshot);
  if (!stale) return Wrap(Code::kIo, "collect garbage", stale.error());
  auto removed = Remove(call, **host, client->get(), &*snapshot, *stale, LinkRemoval::kDeferred,
                        call.deadline);
  if (!removed || call.conf.ipam.empty() || !IpamIsThere(call)) return removed;
  auto collected = RunIpam(call, "GC", call.deadline);
  if (!collected) return tl::unexpected(collected.error());
  return {};
}

}  // namespace kvs::cni
