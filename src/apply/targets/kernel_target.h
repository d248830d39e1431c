#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "apply/frame/target.h"
#include "engine/desired.h"
#include "netlink/address.h"
#include "netlink/link.h"
#include "netlink/route.h"
#include "netlink/socket.h"
#include "pipeline/items.h"

namespace kvs::apply {

// The host's side of the pods' network, by rtnetlink: the bridge's LOCAL link with its addresses
// and permanent neighbours, the host ends of the pods' links, and routes. Ours have protocol 27
// (routes, addresses), or are on a link of ours. Items of other programs are never replaced or
// removed.
class KernelTarget final : public Target<pipeline::HostLink, pipeline::HostAddress,
                                         pipeline::HostNeighbour, pipeline::HostRoute> {
 public:
  // `bridge`: the name of the LOCAL link. `links`: those whose state is kept; other code creates
  // and deletes links. `routes`: the desired ones.
  KernelTarget(std::string bridge, const engine::Desired<pipeline::HostLink>& links,
               const engine::Desired<pipeline::HostRoute>& routes)
      : bridge_(std::move(bridge)), links_(links), routes_(routes) {}

  void Dump(OnContents done) override;
  void Apply(const Deltas& deltas, OnOutcome done) override;

  // Whether a change of this route may affect ours.
  bool Concerns(const netlink::Route& changed) const;

 private:
  class Batch;

  Result<Contents> Read();
  const std::string bridge_;
  const engine::Desired<pipeline::HostLink>& links_;
  const engine::Desired<pipeline::HostRoute>& routes_;
  std::unique_ptr<netlink::Socket> socket_;
};

// The route of another program that competes with `route` for packets, whatever its metric and
// table, because a change of either could make the other win. A default route is no conflict, as
// all others have precedence; nor is any route to a pod's own address, which is more specific than
// the others. Routes of `links` (by index) don't matter. But a route that the kernel would replace
// by `route` is always a conflict. nullptr: there is none.
const netlink::Route* FindConflict(const pipeline::HostRoute& route,
                                   const std::vector<netlink::Route>& there,
                                   const std::set<int>& links);
// Our own links, and those with the addresses of Services by kube-proxy (kube-ipvs0, a dummy): an
// object of the API must not block the routes of pods.
std::set<int> LinksThatDontMatter(const std::vector<netlink::Link>& links,
                                  const std::string& bridge);

}  // namespace kvs::apply
