#include "netlink/veth.h"

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <sys/socket.h>

#include <cerrno>

#include "netlink/address.h"

namespace kvs::netlink {
namespace {

void PutEnd(Message& message, const std::string& name, const std::optional<Mac>& mac,
            uint32_t mtu) {
  message.PutText(IFLA_IFNAME, name).PutU32(IFLA_MTU, mtu);
  if (mac) message.Put(IFLA_ADDRESS, *mac);
}

void PutPeer(Message& data, const Veth& veth, const Namespace& peer) {
  data.Nest(VETH_INFO_PEER, [&](Message& end) {
    end.Struct(ifinfomsg{.ifi_family = AF_UNSPEC});  // not IFF_UP: refused of a peer (ENOTCONN)
    PutEnd(end, veth.peer_name, veth.peer_mac, veth.mtu);
    end.PutU32(IFLA_NET_NS_FD, static_cast<uint32_t>(peer.fd()));
  });
}

Request Pair(const Veth& veth, const Namespace& peer) {
  Message message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  message.Struct(ifinfomsg{.ifi_family = AF_UNSPEC, .ifi_flags = IFF_UP, .ifi_change = IFF_UP});
  PutEnd(message, veth.name, veth.mac, veth.mtu);
  message.PutU32(IFLA_GROUP, veth.group);
  message.Nest(IFLA_LINKINFO, [&](Message& info) {
    info.PutText(IFLA_INFO_KIND, "veth");
    info.Nest(IFLA_INFO_DATA, [&](Message& data) { PutPeer(data, veth, peer); });
  });
  return message.Asking(fmt::format("create link {} with peer {}", veth.name, veth.peer_name));
}

}  // namespace

Result<> CreateVeth(Socket& socket, const Veth& veth, const Namespace& peer) {
  if (veth.alias.size() > kMaxLinkAlias)
    return FailErrno(E2BIG, "create link {}: alias of {} bytes, at most {} are possible", veth.name,
                     veth.alias.size(), kMaxLinkAlias);
  LinkChange rest;
  if (!veth.alias.empty()) rest.alias = veth.alias;
  if (!veth.link_local) rest.ipv6_addr_gen_mode = IN6_ADDR_GEN_MODE_NONE;
  if (auto made = socket.Do(Pair(veth, peer)); !made || rest == LinkChange{}) return made;
  // Only now is the link surely ours: in one batch, the alias would also be written if the name
  // belonged to another pod.
  auto set = socket.Do(SetLink(veth.name, rest));
  if (!set && set.error().code == EAFNOSUPPORT) {  // IPv6 is off, or the MTU is too small for it
    rest.ipv6_addr_gen_mode.reset();
    set = socket.Do(SetLink(veth.name, rest));
  }
  if (!set) (void)socket.Do(DeleteLink(veth.name));
  return set;
}

std::vector<Request> ConfigurePodEnd(int link, const PodEnd& end) {
  std::vector<Request> requests{SetLink("lo", {.up = true}), SetLink(link, {.up = true})};
  for (const Ip& ip : end.addresses)
    requests.push_back(ReplaceAddress(
        {.link = link, .ip = ip, .length = ip.bits(), .no_dad = true, .no_prefix_route = true}));
  for (const Ip& gateway : end.gateways)
    requests.push_back(ReplaceNeighbour({.link = link, .ip = gateway, .mac = end.gateway_mac}));
  for (Route route : end.routes) {
    route.link = link;
    requests.push_back(AddRoute(route));
  }
  return requests;
}

}  // namespace kvs::netlink
