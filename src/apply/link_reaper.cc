#include "apply/link_reaper.h"

#include <algorithm>
#include <cerrno>

#include "base/log.h"
#include "netlink/socket.h"
#include "ovsdb/names.h"

namespace kvs::apply {

void LinkReaper::Reap(const std::vector<netlink::Link>& links) {
  if (reaping_ || std::ranges::count(links, ovsdb::kDefunctLinkGroup, &netlink::Link::group) == 0)
    return;
  reaping_ = io::BlockingTask::Run(
      loop_,
      [] {
        auto socket = netlink::Socket::Open();
        if (!socket) return log::Warning("delete links: {}", socket.error().message);
        const auto done = (*socket)->Do(netlink::DeleteLinkGroup(ovsdb::kDefunctLinkGroup));
        if (!done && done.error().code != ENODEV)
          log::Warning("delete links: {}", done.error().message);
      },
      [this] { reaping_.reset(); });
}

}  // namespace kvs::apply
