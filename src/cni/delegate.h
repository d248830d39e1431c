#pragma once

#include <string>
#include <string_view>

#include "cni/call.h"

// Address management by another plugin (CNI specification 1.1.0, "Section 4: Plugin Delegation"):
// the executable `ipam.type` in CNI_PATH gets our environment and configuration.
namespace kvs::cni {

// Runs the plugin with CNI_COMMAND=`command` and returns its stdout. A plugin that does not support
// the configuration's version is asked for its versions, and gets the newest common one; if the
// command is newer than all of them (GC, STATUS: 1.1.0), it is not run.
//
// Its failure keeps its code, and the message names the plugin. kBadConfig if it is not in
// CNI_PATH; kIo if it can't be run; kTryLater if it isn't finished at the deadline; kUndecodable if
// its answer has more than kMostInput bytes (cni/stream.h). In the last two cases it is killed with
// its child processes.
Outcome<std::string> RunIpam(const Call& call, std::string_view command, Deadline deadline);

// Whether the plugin is in CNI_PATH. One that was removed can't hold an address.
bool IpamIsThere(const Call& call);

}  // namespace kvs::cni
