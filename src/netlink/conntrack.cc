#include "netlink/conntrack.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <sys/socket.h>

#include <algorithm>

namespace kvs::netlink {
namespace {

constexpr uint16_t Type(uint16_t message) {
  return static_cast<uint16_t>(NFNL_SUBSYS_CTNETLINK << 8 | message);
}

struct Ends {
  Ip source, destination;
};

std::optional<Ends> DecodeTuple(const Attributes& tuple) {
  const Attributes addresses = tuple.Nested(CTA_TUPLE_IP);
  auto source = addresses.IpAt(CTA_IP_V4_SRC), destination = addresses.IpAt(CTA_IP_V4_DST);
  if (!source) source = addresses.IpAt(CTA_IP_V6_SRC);
  if (!destination) destination = addresses.IpAt(CTA_IP_V6_DST);
  if (!source || !destination) return std::nullopt;
  return Ends{*source, *destination};
}

// Deletes the very entry that `body` shows: by its tuple, and by its zone and id where it has them,
// so that a connection that took its place meanwhile is spared.
Request Delete(Bytes body) {
  const auto info = TakeStruct<nfgenmsg>(body).value_or(nfgenmsg{});
  const Attributes attributes(body);
  Message message(Type(IPCTNL_MSG_CT_DELETE), 0);
  message.Struct(nfgenmsg{.nfgen_family = info.nfgen_family, .version = NFNETLINK_V0});
  for (const uint16_t attribute : {CTA_TUPLE_ORIG, CTA_ZONE, CTA_ID})
    if (const auto value = attributes.Find(attribute))
      message.Put(attribute == CTA_TUPLE_ORIG ? attribute | NLA_F_NESTED : attribute, *value);
  return message.Asking("delete tracked connection");
}

}  // namespace

std::optional<Connection> DecodeConnection(Bytes body) {
  if (!TakeStruct<nfgenmsg>(body)) return std::nullopt;
  const Attributes attributes(body);
  const auto original = DecodeTuple(attributes.Nested(CTA_TUPLE_ORIG));
  const auto reply = DecodeTuple(attributes.Nested(CTA_TUPLE_REPLY));
  if (!original || !reply) return std::nullopt;
  return Connection{original->source, original->destination, reply->source, reply->destination};
}

Result<size_t> FlushConntrack(Socket& socket, std::span<const Ip> addresses) {
  const auto deletion = [&](Bytes body) -> std::optional<Request> {
    const auto connection = DecodeConnection(body);
    const bool involved =
        connection && std::any_of(addresses.begin(), addresses.end(),
                                  [&](const Ip& ip) { return connection->Involves(ip); });
    if (!involved) return std::nullopt;
    return Delete(body);
  };
  const auto deletions = socket.Read(Message(Type(IPCTNL_MSG_CT_GET), NLM_F_DUMP)
                                         .Struct(nfgenmsg{.version = NFNETLINK_V0})
                                         .Asking("read tracked connections"),
                                     deletion);
  if (!deletions) return tl::unexpected<Error>(deletions.error());
  const auto refusals = socket.Try(*deletions);
  for (const Refusal& refusal : refusals)
    if (refusal.error.code != ENOENT)  // expired meanwhile
      return tl::unexpected<Error>(refusal.error);
  return deletions->size() - refusals.size();
}

}  // namespace kvs::netlink
