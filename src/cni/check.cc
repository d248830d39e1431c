#include "cni/check.h"

#include <algorithm>

#include "cni/database.h"
#include "cni/delegate.h"
#include "cni/host_end.h"
#include "cni/pod_end.h"
#include "netlink/address.h"
#include "netlink/namespace.h"
#include "netlink/route.h"

namespace kvs::cni {
namespace {

using Routes = std::vector<netlink::Route>;
using Addresses = std::vector<netlink::Address>;

const CniResult::Interface* FindInterface(const CniResult& result, std::string_view name,
                                          bool in_pod) {
  const auto at = std::ranges::find_if(result.interfaces, [&](const auto& one) {
    return one.name == name && one.sandbox.empty() != in_pod;
  });
  return at == result.interfaces.end() ? nullptr : &*at;
}

// Checks the row of the attachment, and returns it.
Outcome<ovsdb::Interface> CheckRow(const Call& call) {
  auto client = Connect(call.conf, call.deadline);
  if (!client) return tl::unexpected(client.error());
  auto snapshot = Look(**client, call.conf, {IsOf(call.env)}, call.deadline);
  if (!snapshot) return tl::unexpected(snapshot.error());
  if (auto facts = snapshot->Facts(call.conf, Code::kDrifted); !facts)
    return tl::unexpected(facts.error());
  if (snapshot->rows.interfaces.empty())
    return Refuse(Code::kDrifted, "{} has no port on bridge {}", call.env.who(), call.conf.bridge);
  ovsdb::Interface row = snapshot->rows.interfaces.begin()->second;
  const auto verdict = ovsdb::AttachmentStatus::FromExternalIds(row.external_ids);
  if (!verdict.error.empty())
    return Refuse(Code::kDrifted, "port {}: k-vswitchd cannot realize it: {}", row.name,
                  verdict.error);
  if (!verdict.realized)
    return Refuse(Code::kDrifted, "port {}: k-vswitchd has not confirmed its flows", row.name);
  if (!FindInterface(*call.conf.prev_result, row.name, false))
    return Refuse(Code::kDrifted, "port {} is not in prevResult", row.name);
  return row;
}

Outcome<> CheckHostEnd(const Call& call, const std::string& name) {
  auto host = netlink::Socket::Open();
  if (!host) return Wrap(Code::kIo, "CHECK", host.error());
  const auto link = netlink::FindLink(**host, name);
  if (!link) return Wrap(Code::kDrifted, "port " + name, link.error());
  if (OwnerOf(*link) != AttachmentKey{call.env.container, call.env.ifname})
    return Refuse(Code::kDrifted, "link {} is not of {}: its alias is \"{}\"", name, call.env.who(),
                  link->alias);
  if (link->group == ovsdb::kDefunctLinkGroup)
    return Refuse(Code::kDrifted, "link {} is being deleted", name);
  if (!link->up) return Refuse(Code::kDrifted, "link {} is down", name);
  return {};
}

Outcome<> CheckPodLink(const Call& call, const netlink::Link& link) {
  const auto* expected = FindInterface(*call.conf.prev_result, call.env.ifname, true);
  if (!expected)
    return Refuse(Code::kDrifted, "interface {} is not in prevResult", call.env.ifname);
  if (!link.up) return Refuse(Code::kDrifted, "interface {} is down", link.name);
  if (!expected->mac.empty() && Mac::Parse(expected->mac) != link.mac)
    return Refuse(Code::kDrifted, "interface {} has the address {} instead of {}", link.name,
                  link.mac, expected->mac);
  return {};
}

Outcome<> CheckAddresses(const Call& call, const netlink::Link& link, const Addresses& there) {
  const CniResult& expected = *call.conf.prev_result;
  for (const CniResult::Address& ip : expected.ips) {
    const size_t at = static_cast<size_t>(ip.interface.value_or(-1));
    if (at < expected.interfaces.size() && expected.interfaces[at].name != link.name) continue;
    const bool has = std::ranges::any_of(there, [&](const netlink::Address& one) {
      return one.link == link.index && one.ip == ip.ip && one.length == ip.length;
    });
    if (!has)
      return Refuse(Code::kDrifted, "interface {} has lost its address {}/{}", link.name, ip.ip,
                    ip.length);
  }
  return {};
}

Outcome<> CheckRoutes(const Call& call, const netlink::Link& link, const Routes& there) {
  for (const CniResult::Route& route : call.conf.prev_result->routes) {
    // Another interface of the pod may have the same next hop.
    const bool ours = route.gateway == GatewayOf(route.destination.address());
    const bool has = std::ranges::any_of(there, [&](const netlink::Route& one) {
      return one.destination == route.destination && (!route.gateway || one.via == route.gateway) &&
             (!ours || one.link == link.index);
    });
    if (!has)
      return Refuse(Code::kDrifted, "interface {} has lost its route to {} in {}", link.name,
                    route.destination, call.env.netns);
  }
  return {};
}

Outcome<> CheckPod(const Call& call) {
  const auto pod = netlink::Namespace::Open(call.env.netns);
  if (!pod) return Wrap(Code::kBadEnvironment, "CNI_NETNS", pod.error());
  auto inside = netlink::Socket::OpenIn(*pod);
  if (!inside) return Wrap(Code::kIo, "CHECK", inside.error());
  const auto link = netlink::FindLink(**inside, call.env.ifname);
  if (!link) return Wrap(Code::kDrifted, "interface " + call.env.ifname, link.error());
  if (auto same = CheckPodLink(call, *link); !same) return same;
  const auto addresses = netlink::DumpAddresses(**inside);
  if (!addresses) return Wrap(Code::kIo, "CHECK", addresses.error());
  if (auto same = CheckAddresses(call, *link, *addresses); !same) return same;
  const auto routes = netlink::DumpRoutes(**inside);
  if (!routes) return Wrap(Code::kIo, "CHECK", routes.error());
  return CheckRoutes(call, *link, *routes);
}

Outcome<> AskIpam(const Call& call, std::string_view command) {
  if (call.conf.ipam.empty()) return {};
  const auto good = RunIpam(call, command, call.deadline);
  if (!good) return tl::unexpected(good.error());
  return {};
}

}  // namespace

Outcome<> Check(const Call& call) {
  const auto row = CheckRow(call);
  if (!row) return tl::unexpected(row.error());
  if (auto same = CheckHostEnd(call, row->name); !same) return same;
  if (auto same = CheckPod(call); !same) return same;
  return AskIpam(call, "CHECK");
}

Outcome<> Status(const Call& call) {
  const auto limited = [](Failure failure) {
    failure.code = static_cast<int>(Code::kLimitedConnectivity);
    return tl::unexpected(std::move(failure));
  };
  auto client = Connect(call.conf, call.deadline);
  if (!client) return limited(client.error());
  const auto snapshot = Look(**client, call.conf, {IsOf(call.env)}, call.deadline);
  if (!snapshot) return limited(snapshot.error());
  const auto facts = snapshot->Facts(call.conf, Code::kUnavailable);
  if (!facts && !snapshot->bridge()) return limited(facts.error());
  if (!facts) return tl::unexpected(facts.error());
  return AskIpam(call, "STATUS");
}

}  // namespace kvs::cni
