#include "apply/targets/ingress_target.h"

#include <cerrno>

#include "netlink/nftables.h"

namespace kvs::apply {

using pipeline::IngressDrop;

void IngressTarget::Dump(OnContents done) {
  if (auto opened = netlink::Socket::OpenNetfilterOnce(socket_); !opened)
    return done(tl::unexpected<Error>(opened.error()));
  const auto links = netlink::DumpIngressDrops(*socket_);
  if (!links) return done(tl::unexpected<Error>(links.error()));
  Contents contents;
  for (const netlink::IngressDrop& drop : *links)
    std::get<0>(contents).push_back({{drop.link}, drop.whole});
  done(std::move(contents));
}

void IngressTarget::Apply(const Deltas& deltas, OnOutcome done) {
  Outcome<IngressDrop> outcome;
  if (auto opened = netlink::Socket::OpenNetfilterOnce(socket_); !opened) {
    outcome.error = opened.error();
    return done(outcome);
  }
  for (const auto& change : std::get<0>(deltas).changes) {
    const std::string link = change.id();
    const auto made = change.now == nullptr ? netlink::AllowIngress(*socket_, link)
                                            : netlink::DropIngress(*socket_, link);
    // A deleted link takes its chain along.
    if (made || (change.now == nullptr && made.error().code == ENOENT)) continue;
    outcome.Refuse<IngressDrop>(
        link, {"Host", "link " + link,
               made.error().message + "; until this is done the pod is not attached", "Refused"});
  }
  done(outcome);
}

}  // namespace kvs::apply
