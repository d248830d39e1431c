#pragma once

#include <optional>
#include <span>
#include <vector>

#include "cni/call.h"
#include "cni/database.h"
#include "netlink/link.h"
#include "netlink/socket.h"
#include "ovsdb/attachment.h"
#include "ovsdb/names.h"

// The host's end of a pod's cable. Its alias says whose it is, its group whether it lives.
namespace kvs::cni {

// What is left of attachments: links of this host, ports of our bridge.
struct Remains {
  std::vector<netlink::Link> links;
  std::vector<ovsdb::Uuid> ports;
};

// What the link tells of its attachment; nullopt if it is no attachment's.
std::optional<ovsdb::Attachment> AttachmentOf(const netlink::Link& link);
// Whose it is.
std::optional<AttachmentKey> OwnerOf(const netlink::Link& link);

// Everything of the attachment `env`. `snapshot`: the rows of it; nullptr if OVSDB cannot be
// reached.
Result<Remains> FindRemains(netlink::Socket& host, const Env& env, const Snapshot* snapshot);

// The host's end of the pod's interface `env.ifname`, if it is a link that nobody else may claim:
// of this attachment, dying, or (its maker was killed) without an alias.
std::optional<netlink::Link> FindByPodEnd(netlink::Socket& host, const Env& env);

// Deletes the links, or leaves them to the agent. Links that are gone are no error.
Result<> DeleteLinks(netlink::Socket& host, std::span<const netlink::Link> links);
Result<> RetireLinks(netlink::Socket& host, std::span<const netlink::Link> links);

}  // namespace kvs::cni
