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

// The host end of a pod's veth pair. Its alias identifies the attachment; its group says whether
// the pod still exists.
namespace kvs::cni {

// What is left of attachments: links of this host, ports of our bridge.
struct Remains {
  std::vector<netlink::Link> links;
  std::vector<ovsdb::Uuid> ports;
};

// The attachment in the link's alias; nullopt if the link is not an attachment's.
std::optional<ovsdb::Attachment> AttachmentOf(const netlink::Link& link);
// The attachment that the link belongs to.
std::optional<AttachmentKey> OwnerOf(const netlink::Link& link);

// Everything of the attachment `env`. `snapshot`: its rows; nullptr if OVSDB can't be reached.
Result<Remains> FindRemains(netlink::Socket& host, const Env& env, const Snapshot* snapshot);

// The host end of the pod's interface `env.ifname`, unless it belongs to another attachment: it is
// this attachment's, or about to be deleted, or has no alias (the plugin was killed).
std::optional<netlink::Link> FindByPodEnd(netlink::Socket& host, const Env& env);

// Deletes the links, or leaves them to the agent. No error if one does not exist.
Result<> DeleteLinks(netlink::Socket& host, std::span<const netlink::Link> links);
Result<> RetireLinks(netlink::Socket& host, std::span<const netlink::Link> links);

}  // namespace kvs::cni
