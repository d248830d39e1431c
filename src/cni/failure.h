#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

#include "base/result.h"

// A failure of a CNI command: a code for the runtime and a sentence for a person.
namespace kvs::cni {

// Codes of the CNI specification 1.1.0, "Error"; from 100 on they are the plugin's own.
enum class Code {
  kIncompatibleVersion = 1,
  kBadEnvironment = 4,
  kIo = 5,
  kUndecodable = 6,
  kBadConfig = 7,
  kTryLater = 11,
  kUnavailable = 50,          // STATUS: ADD cannot be served
  kLimitedConnectivity = 51,  // STATUS: and pods may have lost their network
  kAlreadyAttached = 100,     // ADD: the interface exists; DEL comes first
  kDrifted = 101,             // CHECK: the attachment differs from ADD's result
  kAddressTaken = 102,        // ADD: a requested or delegated address belongs to another pod
};

struct Failure {
  int code = 0;  // a Code, or what a delegated plugin answered
  std::string message;
  std::string details;

  friend bool operator==(const Failure&, const Failure&) = default;
};

template <class T = void>
using Outcome = tl::expected<T, Failure>;

// return Refuse(Code::kBadConfig, "mtu {}: must be 68 to 65535", mtu);
template <class... Args>
tl::unexpected<Failure> Refuse(Code code, fmt::format_string<Args...> text, Args&&... args) {
  return tl::unexpected(
      Failure{static_cast<int>(code), fmt::format(text, std::forward<Args>(args)...), {}});
}

// Adds what was being done to an error from another room.
inline tl::unexpected<Failure> Wrap(Code code, std::string_view doing, const Error& error) {
  return Refuse(code, "{}: {}", doing, error.message);
}

}  // namespace kvs::cni
