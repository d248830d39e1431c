#pragma once

#include "cni/call.h"

namespace kvs::cni {

// ADD: gives the pod an interface, and returns when k-vswitchd has confirmed its flows. On any
// failure, and when `call.deadline` passes, everything is undone. ADDs of one pod run one after
// another.
//
// Codes: kAlreadyAttached if the interface exists; kAddressTaken if a requested or delegated
// address is another pod's; kTryLater if the node is not ready, its range is used up, or the agent
// does not confirm in time; kBadEnvironment, kBadConfig, kIo; the codes of a delegated plugin.
Outcome<CniResult> Add(const Call& call);

}  // namespace kvs::cni
