#include "netlink/conntrack.h"

#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include <cerrno>

#include "netlink/nftables_message.h"

namespace kvs::netlink {
namespace {

uint16_t TypeOf(uint16_t message) {
  return static_cast<uint16_t>(NFNL_SUBSYS_CTNETLINK << 8 | message);
}

std::optional<Ip> SourceOf(const Attributes& tuple) {
  const Attributes addresses = tuple.Nested(CTA_TUPLE_IP);
  auto source = addresses.IpAt(CTA_IP_V4_SRC);
  return source ? source : addresses.IpAt(CTA_IP_V6_SRC);
}

// Closed connections, which the kernel's own limits leave out too (nf_conncount).
bool IsClosed(const Attributes& attributes) {
  const auto state =
      attributes.Nested(CTA_PROTOINFO).Nested(CTA_PROTOINFO_TCP).U8(CTA_PROTOINFO_TCP_STATE);
  return state == TCP_CONNTRACK_TIME_WAIT || state == TCP_CONNTRACK_CLOSE;
}

Request Dump() {
  return NetfilterMessage(TypeOf(IPCTNL_MSG_CT_GET), NLM_F_DUMP, AF_UNSPEC, 0)
      .Asking("read tracked connections");
}

// The id ensures that a later connection with the same addresses and ports is not deleted.
Request Deletion(const Connection& connection) {
  auto message = NetfilterMessage(TypeOf(IPCTNL_MSG_CT_DELETE), NLM_F_ACK, connection.family, 0);
  message.Put(uint16_t{CTA_TUPLE_ORIG | NLA_F_NESTED}, connection.original);
  message.PutU16(CTA_ZONE, htons(connection.zone));
  if (connection.id) message.Put(CTA_ID, *connection.id);
  return message.Asking("forget a tracked connection of " + connection.client.ToString());
}

}  // namespace

std::optional<Connection> DecodeConnection(Bytes body) {
  const auto header = TakeStruct<nfgenmsg>(body);
  if (!header) return std::nullopt;
  const Attributes attributes(body);
  const auto original = attributes.Find(CTA_TUPLE_ORIG);
  if (!original) return std::nullopt;
  const auto client = SourceOf(Attributes(*original));
  const auto server = SourceOf(attributes.Nested(CTA_TUPLE_REPLY));
  if (!client || !server) return std::nullopt;
  return Connection{.zone = ntohs(attributes.U16(CTA_ZONE).value_or(0)),
                    .client = *client,
                    .server = *server,
                    .family = header->nfgen_family,
                    .original = *original,
                    .id = attributes.Find(CTA_ID),
                    .closed = IsClosed(attributes)};
}

Result<std::map<Ip, uint64_t>> CountConnections(Socket& socket, uint16_t zone) {
  const auto clients = socket.Read(Dump(), [&](Bytes body) -> std::optional<Ip> {
    const auto connection = DecodeConnection(body);
    if (!connection || connection->zone != zone || connection->closed) return std::nullopt;
    return connection->client;
  });
  if (!clients) return tl::unexpected(clients.error());
  std::map<Ip, uint64_t> counts;
  for (const Ip& client : *clients) ++counts[client];
  return counts;
}

Result<> ForgetConnections(Socket& socket, const std::set<uint16_t>& zones,
                           const std::set<Ip>& addresses) {
  const auto deletions = socket.Read(Dump(), [&](Bytes body) -> std::optional<Request> {
    const auto connection = DecodeConnection(body);
    if (!connection || !zones.contains(connection->zone)) return std::nullopt;
    if (!addresses.contains(connection->client) && !addresses.contains(connection->server))
      return std::nullopt;
    return Deletion(*connection);
  });
  if (!deletions) return tl::unexpected(deletions.error());
  for (Refusal& refusal : socket.Try(*deletions))
    if (refusal.error.code != ENOENT) return tl::unexpected(std::move(refusal.error));
  return {};
}

}  // namespace kvs::netlink
