#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace kvs::kube {

// A credential plugin of kubectl (client.authentication.k8s.io, KEP-541).
struct ExecPlugin {
  std::string api_version;
  std::vector<std::string> argv;
  std::vector<std::string> env;  // "NAME=value"

  friend bool operator==(const ExecPlugin&, const ExecPlugin&) = default;
};

// The credentials that a plugin returns.
struct ExecCredential {
  std::string token;
  std::string certificate, key;                                  // PEM
  std::optional<std::chrono::system_clock::time_point> expires;  // none: when they are refused
};

// Why a HTTP header can't contain this token, without repeating any of it; "" if it can.
std::string WhyNoToken(const std::string& token);

// The command that runs the plugin, with the information for it in the environment.
std::vector<std::string> CommandOf(const ExecPlugin& plugin);
// `output`: everything that the plugin printed. Text around the object is ignored: it is for
// people.
Result<ExecCredential> ReadExecCredential(const ExecPlugin& plugin, const std::string& output);

}  // namespace kvs::kube
