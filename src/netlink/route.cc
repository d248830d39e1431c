#include "netlink/route.h"

#include <sys/socket.h>

#include <algorithm>
#include <iterator>

namespace kvs::netlink {
namespace {

constexpr int kLoopback = 1;                // the index of lo in every namespace
constexpr uint32_t kDefaultMetric6 = 1024;  // IP6_RT_PRIO_USER

// A next hop of the other family (an IPv4 route via an IPv6 router) has an attribute of its own.
void PutNextHop(Message& message, const Route& route) {
  if (!route.via) return;
  if (route.via->is6() == route.destination.address().is6()) {
    message.Put(RTA_GATEWAY, *route.via);
    return;
  }
  const uint16_t family = Family(*route.via);
  std::vector<uint8_t> via(sizeof family + route.via->size());
  std::memcpy(via.data(), &family, sizeof family);
  std::memcpy(via.data() + sizeof family, route.via->data(), route.via->size());
  message.Put(RTA_VIA, via);
}

std::optional<Ip> NextHop(const Attributes& attributes) {
  if (auto gateway = attributes.IpAt(RTA_GATEWAY)) return gateway;
  auto via = attributes.Find(RTA_VIA).value_or(Bytes{});
  const size_t family = sizeof(uint16_t);
  Ip6 six;
  if (via.size() != family + six.bytes.size()) return std::nullopt;
  std::copy(via.begin() + family, via.end(), six.bytes.begin());
  return six;
}

std::string Describe(std::string_view doing, const Route& route) {
  std::string what = fmt::format("{} route to {}", doing, route.destination);
  if (route.via) what += fmt::format(" via {}", *route.via);
  if (route.table != RT_TABLE_MAIN) what += fmt::format(" in table {}", route.table);
  if (route.link != 0) what += " over link";
  return what;
}

Request RouteRequest(uint16_t type, uint16_t flags, std::string_view doing, const Route& route) {
  const Ip& address = route.destination.address();
  const uint8_t any = RT_SCOPE_NOWHERE;  // a deletion need not know the scope
  const uint8_t scope = type == RTM_DELROUTE ? any : route.AsShown().scope;
  Message message(type, flags);
  message.Struct(rtmsg{
      .rtm_family = Family(address),
      .rtm_dst_len = static_cast<uint8_t>(route.destination.length()),
      .rtm_table = static_cast<uint8_t>(route.table < 256 ? route.table : RT_TABLE_COMPAT),
      .rtm_protocol = route.protocol,
      .rtm_scope = scope,
      .rtm_type = route.type,
      .rtm_flags = route.onlink ? unsigned{RTNH_F_ONLINK} : 0,
  });
  message.PutU32(RTA_TABLE, route.table);
  if (route.destination.length() > 0) message.Put(RTA_DST, address);
  if (route.link != 0) message.PutU32(RTA_OIF, static_cast<uint32_t>(route.link));
  PutNextHop(message, route);
  if (route.source) message.Put(RTA_PREFSRC, *route.source);
  if (route.metric != 0) message.PutU32(RTA_PRIORITY, route.metric);
  return message.Asking(Describe(doing, route), route.link);
}

}  // namespace

Route Route::AsShown() const {
  Route shown = *this;
  if (destination.address().is6()) {
    shown.scope = RT_SCOPE_UNIVERSE;
    if (metric == 0) shown.metric = kDefaultMetric6;
    if (type != RTN_UNICAST && link == 0) shown.link = kLoopback;
  } else if (type == RTN_LOCAL) {
    shown.scope = RT_SCOPE_HOST;
  } else if (type == RTN_UNICAST && !via && scope == RT_SCOPE_UNIVERSE) {
    shown.scope = RT_SCOPE_LINK;
  }
  return shown;
}

Request AddRoute(const Route& route) {
  return RouteRequest(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, "add", route);
}

Request ReplaceRoute(const Route& route) {
  return RouteRequest(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, "set", route);
}

Request DeleteRoute(const Route& route) { return RouteRequest(RTM_DELROUTE, 0, "delete", route); }

Result<std::vector<Route>> DumpRoutes(Socket& socket, std::optional<uint8_t> protocol) {
  std::vector<Route> all;
  for (const uint8_t family : {AF_INET, AF_INET6}) {
    auto found = socket.Read(
        Message(RTM_GETROUTE, NLM_F_DUMP)
            .Struct(rtmsg{.rtm_family = family, .rtm_protocol = protocol.value_or(RTPROT_UNSPEC)})
            .Asking("read routes"),
        DecodeRoute);
    if (!found && found.error().code == EAFNOSUPPORT) continue;  // a kernel without IPv6
    if (!found) return found;
    // An old kernel does not choose by protocol.
    std::copy_if(found->begin(), found->end(), std::back_inserter(all),
                 [&](const Route& route) { return !protocol || route.protocol == *protocol; });
  }
  return all;
}

std::optional<Route> DecodeRoute(Bytes body) {
  const auto info = TakeStruct<rtmsg>(body);
  if (!info || (info->rtm_family != AF_INET && info->rtm_family != AF_INET6)) return std::nullopt;
  if (info->rtm_flags & RTM_F_CLONED) return std::nullopt;  // a cache entry made from a route
  const Attributes attributes(body);
  const Ip any = info->rtm_family == AF_INET6 ? Ip(Ip6{}) : Ip(Ip4{});
  const Ip address = attributes.IpAt(RTA_DST).value_or(any);
  if (address.family() != any.family() || info->rtm_dst_len > address.bits()) return std::nullopt;
  return Route{
      .destination = Prefix(address, info->rtm_dst_len),
      .link = static_cast<int>(attributes.U32(RTA_OIF).value_or(0)),
      .via = NextHop(attributes),
      .source = attributes.IpAt(RTA_PREFSRC),
      .table = attributes.U32(RTA_TABLE).value_or(info->rtm_table),
      .protocol = info->rtm_protocol,
      .type = info->rtm_type,
      .scope = info->rtm_scope,
      .metric = attributes.U32(RTA_PRIORITY).value_or(0),
      .onlink = (info->rtm_flags & RTNH_F_ONLINK) != 0,
  };
}

Result<ResolvedRoute> LookUpRoute(Socket& socket, const Ip& ip) {
  const auto found =
      socket.Read(Message(RTM_GETROUTE, 0)
                      .Struct(rtmsg{.rtm_family = static_cast<uint8_t>(Family(ip)),
                                    .rtm_dst_len = static_cast<uint8_t>(ip.bits())})
                      .Put(RTA_DST, ip)
                      .Asking(fmt::format("find the route to {}", ip)),
                  [](Bytes body) -> std::optional<ResolvedRoute> {
                    if (!TakeStruct<rtmsg>(body)) return std::nullopt;
                    const Attributes attributes(body);
                    const Attributes metrics = attributes.Nested(RTA_METRICS);
                    return ResolvedRoute{static_cast<int>(attributes.U32(RTA_OIF).value_or(0)),
                                         metrics.U32(RTAX_MTU).value_or(0), NextHop(attributes)};
                  });
  if (!found) return tl::unexpected<Error>(found.error());
  if (found->empty()) return FailErrno(ENETUNREACH, "find the way to {}", ip);
  return found->front();
}

}  // namespace kvs::netlink
