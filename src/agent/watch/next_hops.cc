#include "agent/watch/next_hops.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "base/log.h"
#include "netlink/address.h"

namespace kvs::agent {
namespace {

// An answer takes milliseconds. Addresses without an answer are left to the next Look().
constexpr std::chrono::milliseconds kTimeout{200};
constexpr int kLooks = 4;
// Leaves some of the commands that ovs-vswitchd may have at the same time to others.
constexpr size_t kMostAtOnce = ovsdb::Unixctl::kMostAtOnce / 2;

}  // namespace

void NextHops::Want(std::set<NextHop> hops) {
  if (std::exchange(hops_, std::move(hops)) != hops_) Look();
}

void NextHops::Look() {
  left_ = kLooks;
  Compare();
}

void NextHops::Compare() {
  if (hops_.empty() || std::exchange(asking_, true)) return;
  vswitchd_.Ask("tnl/neigh/show", {}, [this](const Result<std::string>& table) {
    asking_ = false;
    if (table) SetMissing(ovsdb::ParseTunnelNeighbours(*table));
  });
}

void NextHops::SetMissing(const std::set<ovsdb::TunnelNeighbour>& known) {
  if (!netlink::Socket::OpenOnce(socket_)) return;
  std::map<std::pair<int, Ip>, Mac> macs;
  if (const auto all = netlink::DumpNeighbours(*socket_))
    for (const netlink::Neighbour& one : *all)
      if (one.mac) macs.emplace(std::pair(one.link, one.ip), *one.mac);
  std::vector<netlink::Request> unresolved;
  std::vector<ovsdb::TunnelNeighbour> missing;
  for (const NextHop& hop : hops_) {
    const auto mac = macs.find({hop.link, hop.ip});
    if (mac == macs.end())
      unresolved.push_back(netlink::ResolveNeighbour(hop.link, hop.ip));
    else if (ovsdb::TunnelNeighbour one{hop.ip, mac->second, hop.bridge}; !known.contains(one))
      missing.push_back(std::move(one));
  }
  const bool all = missing.size() <= kMostAtOnce;
  missing.resize(std::min(missing.size(), kMostAtOnce));
  for (const ovsdb::TunnelNeighbour& one : missing)
    vswitchd_.Ask("tnl/neigh/set", {one.bridge, one.ip.ToString(), one.mac.ToString()},
                  [](const Result<std::string>& done) {
                    if (!done) log::Debug("next hop: {}", done.error().message);
                  });
  static_cast<void>(socket_->Try(unresolved));
  if (!all || (!unresolved.empty() && left_-- > 0)) again_.Start(kTimeout);
}

}  // namespace kvs::agent
