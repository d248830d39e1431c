#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace kvs::kube {

// A program that gives credentials (client.authentication.k8s.io, KEP-541).
struct ExecPlugin {
  std::string api_version;
  std::vector<std::string> argv;
  std::vector<std::string> env;  // "NAME=value"

  friend bool operator==(const ExecPlugin&, const ExecPlugin&) = default;
};

// What it gives.
struct ExecCredential {
  std::string token;
  std::string certificate, key;                                  // PEM
  std::optional<std::chrono::system_clock::time_point> expires;  // none: when they are refused
};

// Why no header can hold that token; "" if one can. Nothing of it is repeated.
std::string WhyNoToken(const std::string& token);

// The command that runs it, with what the plugin wants to know in the environment.
std::vector<std::string> CommandOf(const ExecPlugin& plugin);
// `output`: all that it printed. What it prints around the object is meant for people.
Result<ExecCredential> ReadExecCredential(const ExecPlugin& plugin, const std::string& output);

}  // namespace kvs::kube
