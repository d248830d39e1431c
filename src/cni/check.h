#pragma once

#include "cni/call.h"

namespace kvs::cni {

// CHECK: whether the attachment is as ADD left it, by prevResult: port, link, the pod's end with
// its addresses and routes, the agent's confirmation. Fails with kDrifted at the first difference,
// and names it; with kTryLater if OVSDB can't be read. Additions of later plugins of a chain are
// ignored.
Outcome<> Check(const Call& call);

// STATUS: whether an ADD would succeed. kUnavailable if the agent is not ready,
// kLimitedConnectivity if Open vSwitch or its bridge does not exist. A used-up pod range is no
// failure: the node works.
Outcome<> Status(const Call& call);

}  // namespace kvs::cni
