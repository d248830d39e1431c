#pragma once

#include "cni/call.h"

// Removal of attachments: DEL, GC, and the cleanup of ADD.
namespace kvs::cni {

// How to delete a link: by the agent if it runs, or at once (which takes 30 ms).
enum class LinkRemoval { kDeferred, kImmediate };

// Removes everything of the attachment `call.env`: its link, its port, its delegated address. No
// error if nothing exists, or if OVSDB can't be reached: then the link is deleted, and the agent
// deletes the port without a link. Fails with kIo if the kernel or the database refuses, or as the
// delegated plugin does.
Outcome<> Detach(const Call& call, LinkRemoval removal, Deadline deadline);

Outcome<> Del(const Call& call);

// Removes every attachment of the network `call.conf.name` that is not in valid_attachments, which
// must include attachments in progress. An attachment is kept if neither row nor link has its
// network (an earlier build made it, or the name is too long for its link).
Outcome<> Gc(const Call& call);

}  // namespace kvs::cni
