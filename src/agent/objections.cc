#include <algorithm>

#include "agent/agent.h"
#include "feed/routes_taken.h"
#include "ovsdb/attachment.h"
#include "pipeline/world_view.h"

// Whether pods may have the addresses that were chosen for them.
namespace kvs::agent {

// The node's ranges may have changed since the plugin read them, because they and the ready mark
// survive a power failure in OVSDB. And a delegated IPAM plugin does not know which addresses are
// in use elsewhere. A pod that was realized before keeps its address.
std::string Agent::ObjectionTo(const ovsdb::Interface& interface) const {
  const world::Self* self = world_.self.Find(0);
  const auto attachment = ovsdb::Attachment::FromExternalIds(interface.external_ids);
  if (self == nullptr || !attachment) return "";  // a problem of PortFeed's
  const bool of_ranges = attachment->ipam == ovsdb::Attachment::Ipam::kOwn;
  for (const Ip& ip : attachment->ips) {
    if (auto why = pipeline::ObjectionTo(*self, ip, world_.addresses.Find(ip) != nullptr);
        !why.empty())
      return why;
    if (attachment->restored()) continue;
    if (auto why = ObjectionToPod(ip); !why.empty()) return why;
    if (of_ranges && std::ranges::none_of(self->pod_ranges,
                                          [&](const Prefix& range) { return range.Contains(ip); }))
      return fmt::format("{} is in a former pod range of this node; its present ranges are {}", ip,
                         Join(self->pod_ranges));
  }
  return "";
}

std::string Agent::ObjectionToPod(const Ip& ip) const {
  if (auto why = nodes_.ObjectionToPod(ip); !why.empty()) return why;
  const kube::VSwitchConfig* own = nodes_.own();
  const std::string network =
      feed::NetworkOf(ip, *links_, own == nullptr ? std::vector<Ip>() : own->spec.overlay_ips);
  if (network.empty()) return "";
  return fmt::format(
      "{} is in {} and may be another machine's address, which this node could then not reach; "
      "choose another address",
      ip, network);
}

// Known pods keep their addresses, also if one turns out to be in use elsewhere.
void Agent::FindTaken() {
  taken_problems_.clear();
  const world::Self* self = world_.self.Find(0);
  if (self != nullptr && outputs_.kernel.applied() > 0)
    if (auto taken = feed::RoutesTaken(*self, world_.nodes, *links_))
      taken_problems_.push_back(*std::move(taken));
  world_.ports.ForEach([&](const world::Port& port) {
    for (const Ip& ip : port.ips)
      if (const std::string why = ObjectionToPod(ip); !why.empty())
        taken_problems_.push_back(
            {port.Object(), "status.podIPs", why + ", and delete the pod", "AddressTaken"});
  });
}

}  // namespace kvs::agent
