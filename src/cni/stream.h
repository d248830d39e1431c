#pragma once

#include <string>
#include <string_view>

#include "cni/call.h"

// Input from another program: the configuration from a runtime, the result of a plugin. It may be
// endless, or never end.
namespace kvs::cni {

inline constexpr size_t kMostInput = 1 << 20;  // bytes

// The content of `fd` up to its end; messages call it `what`. Fails with kTryLater if the end is
// not reached at the deadline, with kUndecodable if there are more than kMostInput bytes.
Outcome<std::string> ReadToEnd(int fd, std::string_view what, Deadline deadline);

}  // namespace kvs::cni
