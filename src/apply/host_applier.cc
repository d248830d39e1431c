#include "apply/host_applier.h"

#include <algorithm>
#include <cerrno>
#include <map>

#include "base/log.h"
#include "netlink/address.h"
#include "netlink/interface.h"
#include "netlink/link.h"
#include "netlink/nftables.h"
#include "netlink/route.h"

namespace kvs::apply {
namespace {

using netlink::Request;

}  // namespace

HostApplier::HostApplier(pipeline::Engine& engine, std::string bridge, SettingsRecord settings)
    : engine_(engine), bridge_(std::move(bridge)), settings_(std::move(settings)) {}

Result<> HostApplier::Open() {
  if (socket_) return {};
  auto socket = netlink::Socket::Open();
  if (!socket) return tl::unexpected(socket.error());
  auto netfilter = netlink::Socket::OpenNetfilter();
  if (!netfilter) return tl::unexpected(netfilter.error());
  auto deaf = netlink::DumpIngressDrops(**netfilter);
  if (deaf) deaf_ = {deaf->begin(), deaf->end()};
  socket_ = std::move(*socket);
  netfilter_ = std::move(*netfilter);
  return {};
}

Result<> HostApplier::Do(const std::vector<Request>& requests) {
  if (requests.empty()) return {};
  if (settled_) repairs_ += requests.size();
  return socket_->Do(requests);
}

bool HostApplier::Reconcile() {
  Result<> done = Open();
  if (done) done = ReconcileDeafness();
  if (done) done = ReconcileSettings();
  if (done) done = ReconcileBridgeLink();
  const std::string problem = done ? "" : done.error().message;
  if (problem != problem_ && !done) log::Warning("host network: {}", problem);
  problem_ = problem;
  const bool wanted_something = engine_.desired<pipeline::HostRoute>().size() > 0;
  settled_ = done.has_value() && wanted_something;
  return done.has_value();
}

Result<> HostApplier::ReconcileSettings() {
  if (auto done = settings_.Forward(); !done) return done;
  const std::string link = "/conf/" + bridge_ + "/";
  const std::pair<std::string, const char*> settings[] = {
      {"net/ipv4" + link + "rp_filter", "0"},  // replies to what other links brought come back here
      {"net/ipv4" + link + "send_redirects", "0"},  // pods have no other way than the one they take
      {"net/ipv6" + link + "accept_ra", "0"},
  };
  for (const auto& [path, value] : settings) {
    auto done = netlink::WriteSysctl(path, value, settings_.proc_sys());
    if (!done && done.error().code != ENOENT)
      return done;  // ENOENT: no IPv6, or the bridge isn't up yet
  }
  return {};
}

Result<> HostApplier::ReconcileDeafness() {
  std::set<std::string> wanted;
  engine_.desired<pipeline::KernelDeaf>().ForEach(
      [&](const pipeline::KernelDeaf& item) { wanted.insert(item.device); });
  engine_.Drain<pipeline::KernelDeaf>();
  for (auto it = deaf_.begin(); it != deaf_.end();) {
    if (wanted.contains(*it)) {
      ++it;
      continue;
    }
    auto done = netlink::AllowIngress(*netfilter_, *it);
    if (!done && done.error().code != ENOENT) return done;
    it = deaf_.erase(it);
  }
  for (const std::string& link : wanted) {
    if (deaf_.contains(link)) continue;
    auto done = netlink::DropIngress(*netfilter_, link);
    if (!done && done.error().code == ENOENT)
      continue;  // the link isn't there yet; we are called when it is
    if (!done && done.error().code != EEXIST) return done;
    deaf_.insert(link);
  }
  return {};
}

Result<> HostApplier::ReconcileBridgeLink() {
  engine_.Drain<pipeline::HostAddress>();
  engine_.Drain<pipeline::HostNeighbour>();
  engine_.Drain<pipeline::HostRoute>();
  const auto link = netlink::FindLink(*socket_, bridge_);
  if (!link) return link.error().code == ENODEV ? Result<>{} : tl::unexpected(link.error());
  if (engine_.desired<pipeline::HostAddress>().size() == 0) return {};  // nothing is known yet

  std::vector<Request> requests;
  if (!link->up) requests.push_back(netlink::SetLink(*link, {.up = true}));

  auto addresses = netlink::DumpAddresses(*socket_);
  if (!addresses) return tl::unexpected(addresses.error());
  std::set<Prefix> there;
  for (const auto& address : *addresses) {
    if (address.link != link->index || address.scope != RT_SCOPE_UNIVERSE) continue;
    const Prefix prefix(address.ip, address.length);
    if (engine_.desired<pipeline::HostAddress>().Find(prefix) == nullptr)
      requests.push_back(netlink::DeleteAddress(address));
    else
      there.insert(prefix);
  }
  engine_.desired<pipeline::HostAddress>().ForEach([&](const pipeline::HostAddress& item) {
    if (there.contains(item.prefix)) return;
    requests.push_back(netlink::ReplaceAddress({.link = link->index,
                                                .ip = item.prefix.address(),
                                                .length = item.prefix.length(),
                                                .no_dad = item.prefix.address().is6()}));
  });

  auto neighbours = netlink::DumpNeighbours(*socket_);
  if (!neighbours) return tl::unexpected(neighbours.error());
  engine_.desired<pipeline::HostNeighbour>().ForEach([&](const pipeline::HostNeighbour& item) {
    const netlink::Neighbour neighbour{.link = link->index, .ip = item.ip, .mac = item.mac};
    if (std::ranges::find(*neighbours, neighbour) == neighbours->end())
      requests.push_back(netlink::ReplaceNeighbour(neighbour));
  });
  if (auto done = Do(requests); !done) return done;
  return ReconcileRoutes(link->index);
}

Result<> HostApplier::ReconcileRoutes(int bridge) {
  auto routes = netlink::DumpRoutes(*socket_, netlink::kRouteProtocol);
  if (!routes) return tl::unexpected(routes.error());
  std::map<Prefix, netlink::Route> wanted;
  engine_.desired<pipeline::HostRoute>().ForEach([&](const pipeline::HostRoute& item) {
    const bool on_bridge = item.link == pipeline::HostRoute::Link::kBridge;
    netlink::Route route{.destination = item.dst, .via = item.via, .source = item.src};
    route.link = on_bridge ? bridge : 0;
    route.onlink = on_bridge;
    wanted.emplace(item.dst, route);
  });
  std::vector<Request> requests;
  for (netlink::Route& route : *routes) {
    if (route.table != RT_TABLE_MAIN) continue;
    const auto it = wanted.find(route.destination);
    if (it == wanted.end()) {
      requests.push_back(netlink::DeleteRoute(route));
      continue;
    }
    netlink::Route shown = it->second.AsShown();
    if (shown.link == 0) shown.link = route.link;  // whichever link the kernel found
    if (shown == route) wanted.erase(it);
  }
  for (const auto& [prefix, route] : wanted) requests.push_back(netlink::ReplaceRoute(route));
  return Do(requests);
}

}  // namespace kvs::apply
