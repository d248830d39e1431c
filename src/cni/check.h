#pragma once

#include "cni/call.h"

namespace kvs::cni {

// CHECK: whether the attachment is as ADD left it (prevResult says how): port, link, the pod's end
// with its addresses and routes, the agent's confirmation. Fails with kDrifted at the first
// difference, naming it; with kTryLater if OVSDB cannot be asked. What later plugins of a chain add
// is not looked at.
Outcome<> Check(const Call& call);

// STATUS: whether an ADD could be served. kUnavailable if the agent is not ready,
// kLimitedConnectivity if Open vSwitch or its bridge is not there. A used-up pod range is no
// reason: the node works.
Outcome<> Status(const Call& call);

}  // namespace kvs::cni
