#pragma once

#include "cni/call.h"

namespace kvs::cni {

// ADD: gives the pod an interface, and answers when k-vswitchd has confirmed its flows. Whatever
// goes wrong, and when `call.deadline` passes, everything is undone. ADDs of one pod go one after
// another.
//
// Codes: kAlreadyAttached if the interface is there; kAddressTaken if a requested or delegated
// address is another pod's; kTryLater if the node is not ready, its range is used up, or the agent
// does not confirm in time; kBadEnvironment, kBadConfig, kIo; what a delegated plugin says.
Outcome<CniResult> Add(const Call& call);

}  // namespace kvs::cni
