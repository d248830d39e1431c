#pragma once

#include "cni/call.h"

// Taking attachments away: DEL, GC, and ADD where it cleans up.
namespace kvs::cni {

// How a link goes: to the agent if there is one to delete it, or at once (which costs 30 ms).
enum class LinkRemoval { kDeferred, kImmediate };

// Takes away whatever there is of the attachment `call.env`: its link, its port, its delegated
// address. Nothing left is no error, nor is an OVSDB that cannot be reached: the link goes then,
// and the agent deletes a port without a link. Fails with kIo where the kernel or the database
// refuse, or as the delegated plugin does.
Outcome<> Detach(const Call& call, LinkRemoval removal, Deadline deadline);

Outcome<> Del(const Call& call);

// Takes away every attachment of the network `call.conf.name` that is not in valid_attachments. An
// attachment that is being made meanwhile must be in it. One of which neither row nor link tells
// the network (an earlier build made it, or the name is too long for its link) is let be.
Outcome<> Gc(const Call& call);

}  // namespace kvs::cni
