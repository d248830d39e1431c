#include "netlink/address.h"

#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <iterator>

namespace kvs::netlink {
namespace {

constexpr uint16_t kProtocol = 11;  // IFA_PROTO, younger than our headers

Request AddressRequest(uint16_t type, uint16_t flags, std::string_view doing,
                       const Address& address) {
  uint32_t options = 0;
  if (address.no_dad) options |= IFA_F_NODAD;
  if (address.no_prefix_route) options |= IFA_F_NOPREFIXROUTE;
  Message message(type, flags);
  message
      .Struct(ifaddrmsg{.ifa_family = Family(address.ip),
                        .ifa_prefixlen = static_cast<uint8_t>(address.length),
                        .ifa_scope = address.scope,
                        .ifa_index = static_cast<uint32_t>(address.link)})
      .Put(IFA_LOCAL, address.ip)
      .Put(IFA_ADDRESS, address.ip)
      .PutU32(IFA_FLAGS, options);
  if (address.protocol != 0) message.PutU8(kProtocol, address.protocol);
  return message.Asking(fmt::format("{} address {}/{} of link", doing, address.ip, address.length),
                        address.link);
}

Request NeighbourRequest(uint16_t type, uint16_t flags, std::string_view doing,
                         const Neighbour& neighbour) {
  const int state = neighbour.permanent ? NUD_PERMANENT : NUD_REACHABLE;
  Message message(type, flags);
  message
      .Struct(ndmsg{.ndm_family = Family(neighbour.ip),
                    .ndm_ifindex = neighbour.link,
                    .ndm_state = static_cast<uint16_t>(state)})
      .Put(NDA_DST, neighbour.ip);
  if (neighbour.mac) message.Put(NDA_LLADDR, *neighbour.mac);
  return message.Asking(fmt::format("{} neighbour {} of link", doing, neighbour.ip),
                        neighbour.link);
}

// Reads both families; a kernel without IPv6 has no IPv6 entries.
template <class T>
Result<std::vector<T>> ReadFamilies(Socket& socket, int link,
                                    Request (*ask)(uint8_t family, int link),
                                    std::optional<T> (*decode)(Bytes)) {
  std::vector<T> all;
  for (const uint8_t family : {AF_INET, AF_INET6}) {
    auto found = socket.Read(ask(family, link), decode);
    if (!found && found.error().code == EAFNOSUPPORT) continue;
    if (!found) return found;
    // Old kernels ignore the filter by link.
    std::copy_if(found->begin(), found->end(), std::back_inserter(all),
                 [&](const T& value) { return link == 0 || value.link == link; });
  }
  return all;
}

Request AskAddresses(uint8_t family, int link) {
  return Message(RTM_GETADDR, NLM_F_DUMP)
      .Struct(ifaddrmsg{.ifa_family = family, .ifa_index = static_cast<uint32_t>(link)})
      .Asking("read addresses");
}

Request AskNeighbours(uint8_t family, int link) {
  Message message(RTM_GETNEIGH, NLM_F_DUMP);
  message.Struct(ndmsg{.ndm_family = family});
  if (link != 0) message.PutU32(NDA_IFINDEX, static_cast<uint32_t>(link));
  return message.Asking("read neighbours");
}

}  // namespace

Address Address::AsShown() const {
  static const Prefix kLinkLocal = *Prefix::Parse("fe80::/10");
  Address shown = *this;
  if (ip.is4())
    shown.no_dad = false;
  else
    shown.scope = kLinkLocal.Contains(ip) ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
  return shown;
}

Request AddAddress(const Address& address) {
  return AddressRequest(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, "add", address);
}

Request ReplaceAddress(const Address& address) {
  return AddressRequest(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, "set", address);
}

Request DeleteAddress(const Address& address) {
  return AddressRequest(RTM_DELADDR, 0, "delete", address);
}

Result<std::vector<Address>> DumpAddresses(Socket& socket, int link) {
  return ReadFamilies<Address>(socket, link, AskAddresses, DecodeAddress);
}

std::optional<Address> DecodeAddress(Bytes body) {
  const auto info = TakeStruct<ifaddrmsg>(body);
  if (!info) return std::nullopt;
  const Attributes attributes(body);
  // On a point-to-point link IFA_ADDRESS is the peer's address.
  auto ip = attributes.IpAt(IFA_LOCAL);
  if (!ip) ip = attributes.IpAt(IFA_ADDRESS);
  if (!ip || Family(*ip) != info->ifa_family || info->ifa_prefixlen > ip->bits())
    return std::nullopt;
  const uint32_t flags = attributes.U32(IFA_FLAGS).value_or(info->ifa_flags);
  return Address{
      .link = static_cast<int>(info->ifa_index),
      .ip = *ip,
      .length = info->ifa_prefixlen,
      .no_dad = (flags & IFA_F_NODAD) != 0,
      .no_prefix_route = (flags & IFA_F_NOPREFIXROUTE) != 0,
      .permanent = (flags & IFA_F_PERMANENT) != 0,
      .scope = info->ifa_scope,
      .protocol = attributes.U8(kProtocol).value_or(0),
  };
}

Request AddNeighbour(const Neighbour& neighbour) {
  return NeighbourRequest(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL, "add", neighbour);
}

Request ReplaceNeighbour(const Neighbour& neighbour) {
  return NeighbourRequest(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, "set", neighbour);
}

Request DeleteNeighbour(const Neighbour& neighbour) {
  return NeighbourRequest(RTM_DELNEIGH, 0, "delete", neighbour);
}

Request ResolveNeighbour(int link, const Ip& ip) {
  Message message(RTM_NEWNEIGH, NLM_F_CREATE);
  message.Struct(ndmsg{.ndm_family = Family(ip), .ndm_ifindex = link, .ndm_flags = NTF_USE});
  return message.Put(NDA_DST, ip).Asking(fmt::format("resolve neighbour {} of link", ip), link);
}

Result<std::vector<Neighbour>> DumpNeighbours(Socket& socket, int link) {
  return ReadFamilies<Neighbour>(socket, link, AskNeighbours, DecodeNeighbour);
}

std::optional<Neighbour> DecodeNeighbour(Bytes body) {
  const auto info = TakeStruct<ndmsg>(body);
  if (!info) return std::nullopt;
  const Attributes attributes(body);
  const auto ip = attributes.IpAt(NDA_DST);
  // Not a bridge's forwarding entry (AF_BRIDGE), and not one made up for a link without addresses.
  if (!ip || Family(*ip) != info->ndm_family || (info->ndm_state & NUD_NOARP)) return std::nullopt;
  return Neighbour{
      .link = info->ndm_ifindex,
      .ip = *ip,
      .mac = attributes.MacAt(NDA_LLADDR),
      .permanent = (info->ndm_state & NUD_PERMANENT) != 0,
  };
}

}  // namespace kvs::netlink
