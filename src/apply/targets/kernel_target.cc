#include "apply/targets/kernel_target.h"

#include <algorithm>
#include <cerrno>
#include <optional>

#include "ovsdb/attachment.h"

namespace kvs::apply {
namespace {

using netlink::kRouteProtocol;
using pipeline::HostAddress;
using pipeline::HostLink;
using pipeline::HostNeighbour;
using pipeline::HostRoute;

bool IsHostRoute(const Prefix& prefix) { return prefix.length() == prefix.address().bits(); }

// Whether the kernel treats `there` and a route of ours to `dst` as the same: it does not add a
// second one, and a replacement would replace the first, whichever program made it.
bool InOurPlace(const netlink::Route& there, const Prefix& dst) {
  return there.destination == dst && there.table == RT_TABLE_MAIN &&
         there.metric == netlink::Route{.destination = dst}.AsShown().metric;
}

// The route as it is requested from the kernel.
netlink::Route RouteFor(const HostRoute& item, int bridge) {
  const bool on_bridge = item.link == HostRoute::Link::kBridge;
  return {.destination = item.dst,
          .link = on_bridge ? bridge : 0,
          .via = item.via,
          .source = item.src,
          .onlink = on_bridge};
}

// Whether `there` matches `item`. The kernel may choose the link of the next hop.
bool Shows(const netlink::Route& there, const HostRoute& item, int bridge) {
  netlink::Route shown = RouteFor(item, bridge).AsShown();
  if (shown.link == 0) shown.link = there.link;
  return shown == there;
}

// The item that would have made a route of ours.
HostRoute ItemOf(const netlink::Route& route, int bridge) {
  return {.dst = route.destination,
          .via = route.via.value_or(Ip()),
          .src = route.source,
          .link = route.link == bridge ? HostRoute::Link::kBridge : HostRoute::Link::kAny};
}

std::string NameOf(const std::vector<netlink::Link>& links, int index) {
  const auto link = std::ranges::find(links, index, &netlink::Link::index);
  return link == links.end() ? fmt::format("number {}, which is gone", index) : link->name;
}

std::string NameOf(const netlink::Route& route, const std::vector<netlink::Link>& links) {
  std::string name = fmt::format("{}{}", route.type == RTN_LOCAL ? "this node's own address " : "",
                                 route.destination);
  if (route.via) name += fmt::format(" via {}", *route.via);
  if (route.link != 0) name += " on link " + NameOf(links, route.link);
  return name;
}

// The MTU of the pod's end if it is larger than that of the host's end, which then drops larger
// packets in both directions.
std::optional<uint32_t> LargerMtu(netlink::Socket& socket, const netlink::Link& link) {
  const auto peer = netlink::FindPeer(socket, link);
  return peer && peer->mtu > link.mtu ? std::optional(peer->mtu) : std::nullopt;
}

HostLink ItemOf(const netlink::Link& link, const HostLink& wanted) {
  return {link.name, wanted.alias.empty() ? "" : link.alias};
}

}  // namespace

std::set<int> LinksThatDontMatter(const std::vector<netlink::Link>& links,
                                  const std::string& bridge) {
  std::set<int> some;
  for (const netlink::Link& link : links)
    if (link.name == bridge || link.kind == "dummy") some.insert(link.index);
  return some;
}

const netlink::Route* FindConflict(const HostRoute& route, const std::vector<netlink::Route>& there,
                                   const std::set<int>& links) {
  const bool exact = IsHostRoute(route.dst);
  const auto conflicts = [&](const netlink::Route& other) {
    if (other.protocol == kRouteProtocol) return false;
    if (InOurPlace(other, route.dst)) return true;
    return !exact && !links.contains(other.link) && other.destination.length() > 0 &&
           other.type != RTN_MULTICAST && other.type != RTN_BROADCAST &&
           other.destination.Overlaps(route.dst);
  };
  const auto found = std::ranges::find_if(there, conflicts);
  return found == there.end() ? nullptr : &*found;
}

bool KernelTarget::Concerns(const netlink::Route& changed) const {
  bool concerns = changed.protocol == kRouteProtocol;
  routes_.ForEach([&](const HostRoute& route) {
    concerns =
        concerns || (changed.destination.length() > 0 && changed.destination.Overlaps(route.dst));
  });
  return concerns;
}

void KernelTarget::Dump(OnContents done) { done(Read()); }

Result<KernelTarget::Contents> KernelTarget::Read() {
  if (auto opened = netlink::Socket::OpenOnce(socket_); !opened)
    return tl::unexpected(opened.error());
  const auto links = netlink::DumpLinks(*socket_);
  if (!links) return tl::unexpected(links.error());
  const auto bridge = std::ranges::find(*links, bridge_, &netlink::Link::name);
  if (bridge == links->end()) return Fail("there is no link {}: is ovs-vswitchd running?", bridge_);
  const auto addresses = netlink::DumpAddresses(*socket_);
  if (!addresses) return tl::unexpected(addresses.error());
  const auto neighbours = netlink::DumpNeighbours(*socket_, bridge->index);
  if (!neighbours) return tl::unexpected(neighbours.error());
  const auto routes = netlink::DumpRoutes(*socket_);
  if (!routes) return tl::unexpected(routes.error());

  const std::set<int> ignored = LinksThatDontMatter(*links, bridge_);
  Contents contents;
  auto& link_items = std::get<0>(contents);
  auto& address_items = std::get<1>(contents);
  auto& neighbour_items = std::get<2>(contents);
  auto& route_items = std::get<3>(contents);
  links_.ForEach([&](const HostLink& wanted) {
    const auto link = std::ranges::find(*links, wanted.name, &netlink::Link::name);
    // A missing link needs nothing: it is configured when it is created. Nor does one that the
    // plugin has retired and whose port it is about to delete.
    if (link == links->end() || link->group == ovsdb::kDefunctLinkGroup)
      return link_items.push_back({wanted});
    const bool whole = wanted.alias.empty() ||
                       (link->group == ovsdb::kLiveLinkGroup && !LargerMtu(*socket_, *link));
    link_items.push_back({ItemOf(*link, wanted), link->up && whole});
  });

  // Linux reports who made an address since 5.18, and then also those on lo. Before, host addresses
  // (/32, /128) on our link are taken for ours.
  const bool says_whose =
      std::ranges::any_of(*addresses, [](const auto& address) { return address.protocol != 0; });
  for (const netlink::Address& address : *addresses) {
    if (address.link != bridge->index || address.scope != RT_SCOPE_UNIVERSE) continue;
    const HostAddress item{Prefix(address.ip, address.length)};
    const bool ours = address.protocol == kRouteProtocol;
    if (ours || (!says_whose && IsHostRoute(item.prefix))) address_items.push_back({item});
  }

  for (const netlink::Neighbour& neighbour : *neighbours)
    if (neighbour.permanent && neighbour.mac)
      neighbour_items.push_back({{neighbour.ip, *neighbour.mac}});

  for (const netlink::Route& route : *routes) {
    if (route.protocol != kRouteProtocol) continue;
    HostRoute item = ItemOf(route, bridge->index);
    const HostRoute* wanted = routes_.Find(item.dst);
    item.own = wanted != nullptr && wanted->own;  // what it is for, which no kernel knows
    const bool whole =
        Shows(route, item, bridge->index) && FindConflict(item, *routes, ignored) == nullptr;
    route_items.push_back({item, whole});
  }
  return contents;
}

// The requests of one delta, each with its item.
class KernelTarget::Batch {
 public:
  Batch(netlink::Socket& socket, const std::vector<netlink::Link>& links,
        const netlink::Link& bridge, const std::vector<netlink::Route>& routes)
      : socket_(socket),
        links_(links),
        bridge_(bridge),
        routes_(routes),
        ignored_(LinksThatDontMatter(links, bridge.name)) {}

  void Add(const engine::Change<HostLink>& change) {
    if (change.now == nullptr) return;  // whoever made the link takes it away
    const auto link = std::ranges::find(links_, change.now->name, &netlink::Link::name);
    if (link != links_.end() && link->group == ovsdb::kDefunctLinkGroup) return;  // it goes
    netlink::LinkChange set{.up = true};
    if (!change.now->alias.empty()) {
      set.alias = change.now->alias;
      set.group = ovsdb::kLiveLinkGroup;
      if (link != links_.end()) set.mtu = LargerMtu(socket_, *link);
    }
    Ask(change, netlink::SetLink(change.now->name, set), "link " + change.now->name,
        {.gone = ENODEV});
  }

  void Add(const engine::Change<HostAddress>& change) {
    const Prefix prefix = change.id();
    const netlink::Address address{.link = bridge_.index,
                                   .ip = prefix.address(),
                                   .length = prefix.length(),
                                   .no_dad = prefix.address().is6(),
                                   .protocol = kRouteProtocol};
    const std::string what = "address " + prefix.address().ToString();
    if (change.now == nullptr)
      Ask(change, netlink::DeleteAddress(address), what, {.gone = EADDRNOTAVAIL});
    else
      Ask(change, netlink::ReplaceAddress(address), what, {.essential = true});
  }

  // On our own link all neighbours are ours.
  void Add(const engine::Change<HostNeighbour>& change) {
    const HostNeighbour& item = change.now != nullptr ? *change.now : *change.before;
    const netlink::Neighbour neighbour{.link = bridge_.index, .ip = item.ip, .mac = item.mac};
    const std::string what = "neighbour " + item.ip.ToString();
    if (change.now == nullptr)
      Ask(change, netlink::DeleteNeighbour(neighbour), what, {.gone = ENOENT});
    else
      Ask(change, netlink::ReplaceNeighbour(neighbour), what, {.essential = true});
  }

  // One of our routes to a destination is replaced, and the others are deleted. If another
  // program's route conflicts, nothing is added, and our existing route stays, because pods use it.
  void Add(const engine::Change<HostRoute>& change) {
    const Prefix dst = change.id();
    const std::string what = "route " + dst.ToString();
    const netlink::Route* conflict =
        change.now == nullptr ? nullptr : FindConflict(*change.now, routes_, ignored_);
    const bool essential = change.now != nullptr && change.now->own;
    if (conflict != nullptr)
      return outcome_.Refuse<HostRoute>(
          dst, Conflict(what, NameOf(*conflict, links_), essential && change.before == nullptr));
    const bool wanted = change.now != nullptr;
    bool replaced = false;
    for (const netlink::Route& there : routes_) {
      if (there.protocol != kRouteProtocol || there.destination != dst) continue;
      if (wanted && InOurPlace(there, dst) && !std::exchange(replaced, true))
        Ask(change, netlink::ReplaceRoute(RouteFor(*change.now, bridge_.index)), what,
            {.essential = essential});
      else
        Ask(change, netlink::DeleteRoute(there), what, {.gone = ESRCH});
    }
    if (wanted && !replaced)
      Ask(change, netlink::AddRoute(RouteFor(*change.now, bridge_.index)), what,
          {.essential = essential});
  }

  Outcome<HostLink, HostAddress, HostNeighbour, HostRoute> Send() {
    for (const netlink::Refusal& refusal : socket_.Try(requests_)) {
      const Asked& asked = asked_[refusal.request];
      if (refusal.error.code != asked.options.gone) asked.refuse(refusal.error);
    }
    return std::move(outcome_);
  }

 private:
  struct Options {
    int gone = -1;           // the errno of a thing that is gone already
    bool essential = false;  // without it no pod of the node is served
  };
  struct Asked {
    std::function<void(const Error&)> refuse;
    Options options;
  };

  static Problem Conflict(const std::string& what, const std::string& other, bool essential) {
    return {
        "Host", what,
        fmt::format(
            "overlaps the route to {}, which is not k-vswitch's and is kept; remove that route, or "
            "give the nodes other pod ranges (clusterCIDR, spec.podCIDRs of the Nodes)",
            other),
        "RouteConflict", essential};
  }

  template <class Item>
  void Ask(const engine::Change<Item>& change, netlink::Request request, const std::string& what,
           Options options) {
    const auto refuse = [this, id = change.id(), what, options](const Error& error) {
      outcome_.Refuse<Item>(id, {"Host", what, error.message, "Refused", options.essential});
    };
    requests_.push_back(std::move(request));
    asked_.push_back({refuse, options});
  }

  netlink::Socket& socket_;
  const std::vector<netlink::Link>& links_;
  const netlink::Link& bridge_;
  const std::vector<netlink::Route>& routes_;
  const std::set<int> ignored_;
  std::vector<netlink::Request> requests_;
  std::vector<Asked> asked_;
  Outcome<HostLink, HostAddress, HostNeighbour, HostRoute> outcome_;
};

void KernelTarget::Apply(const Deltas& deltas, OnOutcome done) {
  const auto now = [&]() -> Result<Outcome<HostLink, HostAddress, HostNeighbour, HostRoute>> {
    if (auto opened = netlink::Socket::OpenOnce(socket_); !opened)
      return tl::unexpected(opened.error());
    const auto links = netlink::DumpLinks(*socket_);
    if (!links) return tl::unexpected(links.error());
    const auto bridge = std::ranges::find(*links, bridge_, &netlink::Link::name);
    if (bridge == links->end())
      return Fail("there is no link {}: is ovs-vswitchd running?", bridge_);
    const bool needs_routes = !std::get<engine::Delta<HostRoute>>(deltas).empty();
    const auto routes =
        needs_routes ? netlink::DumpRoutes(*socket_) : Result<std::vector<netlink::Route>>();
    if (!routes) return tl::unexpected(routes.error());
    Batch batch(*socket_, *links, *bridge, *routes);
    std::apply(
        [&](const auto&... delta) {
          const auto add = [&](const auto& changes) {
            for (const auto& change : changes) batch.Add(change);
          };
          (add(delta.changes), ...);
        },
        deltas);
    return batch.Send();
  }();
  if (now) return done(*now);
  Outcome<HostLink, HostAddress, HostNeighbour, HostRoute> failed;
  failed.error = now.error();
  done(failed);
}

}  // namespace kvs::apply
