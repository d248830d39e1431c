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

// Versions of this kvs, of the controllers and of each node's agent, and on standard error a
// warning where they don't go together. As JSON:
//   {"client": "0.1.0", "controllers": [{"pod", "node", "version"}],
//    "agents": [{"node", "version"}], "warnings": ["..."]}
// A version that is not known is "unknown". Of a cluster an agent's version is what it wrote to its
// VSwitchConfig last, a controller's is the tag of its pod's image; of a lab or a socket the agent
// says it, and there are no controllers.
//
// kOk, with warnings too; kUnreachable: that of this kvs is printed, no other is known.
ExitCode ShowVersion(const VersionArguments& arguments);

// The version that an image's tag says: "0.1.0" of "ghcr.io/k-vswitch/k-vswitch:v0.1.0@sha256:...";
// an image without a tag: "unknown".
std::string VersionOfImage(const std::string& image);

// What does not go together (docs/upgrade.md): agents may be of several versions, and one minor
// version behind the controller; kvs should be of the agents' version.
std::vector<std::string> SkewWarnings(const std::string& client,
                                      const std::vector<std::string>& controllers,
                                      const std::map<std::string, std::string>& agents);

}  // namespace kvs::cli
