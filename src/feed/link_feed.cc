#include "feed/link_feed.h"

#include <algorithm>

#include "base/log.h"

namespace kvs::feed {

using netlink::Monitor;

namespace {

bool IsLoopback(const Ip& ip) {
  static const Prefix kLoopback4(Ip4{{127}}, 8), kLoopback6 = Prefix::Host(*Ip::Parse("::1"));
  return kLoopback4.Contains(ip) || kLoopback6.Contains(ip);
}

}  // namespace

LinkFeed::LinkFeed(io::Loop& loop, Handlers handlers)
    : handlers_(std::move(handlers)), tell_(loop, [this] { handlers_.on_change(); }) {}

Result<std::unique_ptr<LinkFeed>> LinkFeed::Open(io::Loop& loop, Handlers handlers) {
  std::unique_ptr<LinkFeed> feed(new LinkFeed(loop, std::move(handlers)));
  auto socket = netlink::Socket::Open();
  if (!socket) return tl::unexpected(socket.error());
  feed->socket_ = std::move(*socket);
  LinkFeed* raw = feed.get();
  auto monitor =
      Monitor::Open(loop, {.on_link =
                               [raw](Monitor::Change change, const netlink::Link& link) {
                                 if (change == Monitor::Change::kSet)
                                   raw->links_[link.index] = link;
                                 else
                                   raw->links_.erase(link.index);
                                 raw->Changed();
                               },
                           .on_address =
                               [raw](Monitor::Change change, const netlink::Address& address) {
                                 if (change == Monitor::Change::kSet)
                                   raw->addresses_[{address.link, address.ip}] = address;
                                 else
                                   raw->addresses_.erase({address.link, address.ip});
                                 raw->Changed();
                               },
                           .on_route =
                               [raw](Monitor::Change, const netlink::Route& route) {
                                 if (route.destination.length() == 0) (void)raw->DumpGateways();
                                 if (raw->MayChangeRoutes(route)) raw->Changed();
                                 raw->handlers_.on_route_change(&route);
                               },
                           .on_neighbour = {},
                           .on_resync =
                               [raw] {
                                 if (const auto done = raw->Dump(); !done)
                                   log::Error("links: {}", done.error().message);
                                 raw->handlers_.on_route_change(nullptr);
                               }});
  if (!monitor) return tl::unexpected(monitor.error());
  feed->monitor_ = std::move(*monitor);
  if (const auto done = feed->Dump(); !done) return tl::unexpected(done.error());
  return feed;
}

Result<> LinkFeed::Dump() {
  auto links = netlink::DumpLinks(*socket_);
  if (!links) return tl::unexpected(links.error());
  auto addresses = netlink::DumpAddresses(*socket_);
  if (!addresses) return tl::unexpected(addresses.error());
  links_.clear();
  addresses_.clear();
  for (auto& link : *links) links_.emplace(link.index, std::move(link));
  for (auto& address : *addresses) addresses_.emplace(std::pair(address.link, address.ip), address);
  Changed();
  return DumpGateways();
}

Result<> LinkFeed::DumpGateways() {
  const auto routes = netlink::DumpRoutes(*socket_);
  if (!routes) return tl::unexpected(routes.error());
  std::vector<Ip> gateways;
  for (const netlink::Route& route : *routes)
    if (route.destination.length() == 0 && route.via) gateways.push_back(*route.via);
  std::ranges::sort(gateways);
  if (std::exchange(gateways_, gateways) != gateways) Changed();
  return {};
}

bool LinkFeed::MayChangeRoutes(const netlink::Route& route) const {
  return std::ranges::any_of(
      routes_, [&](const auto& asked) { return route.destination.Contains(asked.first); });
}

void LinkFeed::Changed() {
  routes_.clear();
  if (!tell_.active()) tell_.Start(std::chrono::milliseconds(0));
}

const netlink::Link* LinkFeed::Find(std::string_view name) const {
  const auto it =
      std::ranges::find_if(links_, [&](const auto& entry) { return entry.second.name == name; });
  return it == links_.end() ? nullptr : &it->second;
}

bool LinkFeed::HasAddress(const Ip& ip, std::string_view except) const {
  bool has = false;
  ForEachAddress([&](const netlink::Link& link, const netlink::Address& address) {
    has = has || (address.ip == ip && link.name != except);
  });
  return has;
}

std::optional<LinkFeed::Route> LinkFeed::RouteTo(const Ip& ip) const {
  const auto known = routes_.find(ip);
  if (known != routes_.end()) return known->second;
  std::optional<Route>& route = routes_[ip];
  const auto found = netlink::LookUpRoute(*socket_, ip);
  if (!found) return route;
  const auto link = links_.find(found->link);
  if (link == links_.end()) return route;
  const int mtu = static_cast<int>(link->second.mtu);
  const int own = static_cast<int>(found->mtu);  // the route's
  route = Route{&link->second, own > 0 ? std::min(own, mtu) : mtu, found->via.value_or(ip)};
  return route;
}

std::vector<Ip> LinkFeed::AddressesExceptOf(std::string_view excluded_link) const {
  std::vector<Ip> found;
  ForEachAddress([&](const netlink::Link& link, const netlink::Address& address) {
    if (link.name != excluded_link && address.scope == RT_SCOPE_UNIVERSE && !IsLoopback(address.ip))
      found.push_back(address.ip);
  });
  std::ranges::sort(found);
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

void LinkFeed::ForEachAddress(
    const std::function<void(const netlink::Link&, const netlink::Address&)>& visit) const {
  for (const auto& [key, address] : addresses_)
    if (const auto link = links_.find(key.first); link != links_.end())
      visit(link->second, address);
}

void LinkFeed::ForEachLink(const std::function<void(const netlink::Link&)>& visit) const {
  for (const auto& [index, link] : links_) visit(link);
}

std::vector<netlink::Link> LinkFeed::All() const {
  std::vector<netlink::Link> all;
  for (const auto& [index, link] : links_) all.push_back(link);
  return all;
}

}  // namespace kvs::feed
