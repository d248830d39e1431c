#pragma once

#include <string>
#include <string_view>

#include "cni/call.h"

// Address management by another plugin (CNI specification 1.1.0, "Section 4: Plugin Delegation"):
// the executable `ipam.type` of CNI_PATH gets our environment and configuration.
namespace kvs::cni {

// Runs it with CNI_COMMAND=`command` and returns its stdout. A plugin that does not know the
// configuration's version is asked which it knows, and gets the newest that both do; one that is
// older than the command (GC, STATUS: 1.1.0) is not asked at all.
//
// Its failure keeps its code, the message says whose it is. kBadConfig if it is not in CNI_PATH;
// kIo if it cannot be run, kTryLater if it is not done at the deadline, kUndecodable if its answer
// has more than kMostInput bytes (cni/stream.h); it is killed then, with what it has started.
Outcome<std::string> RunIpam(const Call& call, std::string_view command, Deadline deadline);

// Whether it is in CNI_PATH. What is gone holds no address any more.
bool IpamIsThere(const Call& call);

}  // namespace kvs::cni
