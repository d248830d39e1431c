#include "agent/next_hops.h"

#include "netlink/address.h"

namespace kvs::agent {

void NextHops::Ask(const std::set<NextHop>& all, std::chrono::milliseconds now) {
  if (!netlink::Socket::OpenOnce(socket_)) return;
  std::vector<netlink::Request> requests;
  for (const NextHop& hop : TakeDue(all, now))
    requests.push_back(netlink::ResolveNeighbour(hop.link, hop.ip));
  static_cast<void>(socket_->Try(requests));
}

std::vector<NextHop> NextHops::TakeDue(const std::set<NextHop>& all,
                                       std::chrono::milliseconds now) {
  std::erase_if(asked_, [&](const auto& asked) { return !all.contains(asked.first); });
  std::vector<NextHop> due;
  for (const NextHop& hop : all) {
    const auto [asked, added] = asked_.try_emplace(hop, now);
    if (!added && now - asked->second < kAgain) continue;
    asked->second = now;
    due.push_back(hop);
  }
  return due;
}

}  // namespace kvs::agent
