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
// and permanent neighbours, the host ends of the pods' links, and routes. Ours are told from others
// by protocol 27 (routes, addresses), or stand on a link of ours. What somebody else made is never
// replaced or removed.
class KernelTarget final : public Target<pipeline::HostLink, pipeline::HostAddress,
                                         pipeline::HostNeighbour, pipeline::HostRoute> {
 public:
  // `bridge`: the name of the LOCAL link. `links`: those whose state is kept; links come and go by
  // others. `routes`: the desired ones.
  KernelTarget(std::string bridge, const engine::Desired<pipeline::HostLink>& links,
               const engine::Desired<pipeline::HostRoute>& routes)
      : bridge_(std::move(bridge)), links_(links), routes_(routes) {}

  void Dump(OnContents done) override;
  void Apply(const Deltas& deltas, OnOutcome done) override;

  // Whether a change of this route may have to do with ours.
  bool Concerns(const netlink::Route& changed) const;

 private:
  class Batch;

  Result<Contents> Read();
  const std::string bridge_;
  const engine::Desired<pipeline::HostLink>& links_;
  const engine::Desired<pipeline::HostRoute>& routes_;
  std::unique_ptr<netlink::Socket> socket_;
};

// The route of somebody else that `route` would take packets from, or that would take them from it:
// whatever its metric and table, for either could win by a change of the other. The default route
// gives way to all, and a pod's own address is more exact than any. `links`: those whose routes are
// no matter, by index. But one that the kernel would replace by `route` is a conflict whatever it
// is. nullptr: there is none.
const netlink::Route* FindConflict(const pipeline::HostRoute& route,
                                   const std::vector<netlink::Route>& there,
                                   const std::set<int>& links);
// Our own, and those on which kube-proxy puts the addresses of Services (kube-ipvs0, a dummy): an
// object of the API takes no pods' way.
std::set<int> LinksThatDontMatter(const std::vector<netlink::Link>& links,
                                  const std::string& bridge);

}  // namespace kvs::apply
