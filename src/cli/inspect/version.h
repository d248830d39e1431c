#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/agents/agents.h"
#include "cli/terminal/exit_code.h"

namespace kvs::cli {

struct VersionArguments {
  AgentOptions where;
  bool client_only = false;
  bool json = false;
};

// Prints the versions of this kvs, of the controllers and of each node's agent, and on standard
// error a warning about each unsupported combination. As JSON:
//   {"client": "0.1.0", "controllers": [{"pod", "node", "version"}],
//    "agents": [{"node", "version"}], "warnings": ["..."]}
// An unknown version is "unknown". In a cluster, an agent's version is in its VSwitchConfig, and a
// controller's is the tag of its pod's image; for a lab or a socket the agent answers with its
// version, and there are no controllers.
//
// kOk, also with warnings; kUnreachable: only the version of this kvs is known and printed.
ExitCode ShowVersion(const VersionArguments& arguments);

// The version in an image's tag: "0.1.0" of "ghcr.io/k-vswitch/k-vswitch:v0.1.0@sha256:...";
// "unknown" for an image without a tag.
std::string VersionOfImage(const std::string& image);

// Unsupported combinations (docs/upgrade.md): agents may have several versions, and be one minor
// version behind the controller; kvs should have the agents' version.
std::vector<std::string> SkewWarnings(const std::string& client,
                                      const std::vector<std::string>& controllers,
                                      const std::map<std::string, std::string>& agents);

}  // namespace kvs::cli
