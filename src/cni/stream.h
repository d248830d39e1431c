#pragma once

#include <string>
#include <string_view>

#include "cni/call.h"

// What another program tells us: a runtime its configuration, a plugin its result. It may be
// endless, and it may never end.
namespace kvs::cni {

inline constexpr size_t kMostInput = 1 << 20;  // bytes

// All that is in `fd` up to its end; `what` says in messages what that is. Fails with kTryLater if
// the end has not come at the deadline, with kUndecodable if it is more than kMostInput.
Outcome<std::string> ReadToEnd(int fd, std::string_view what, Deadline deadline);

}  // namespace kvs::cni
