#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"

namespace kvs::lab {

// Asks a program of Open vSwitch on its control socket, as ovs-appctl(8) does: JSON-RPC 1.0 over a
// Unix socket. Gives what ovs-appctl would print; an Error if the program refuses or does not
// answer within `timeout`.
Result<std::string> Unixctl(const std::string& socket, const std::string& method,
                            const std::vector<std::string>& args,
                            std::chrono::seconds timeout = std::chrono::seconds(10));

// Whether somebody listens on the Unix socket.
bool Listens(const std::string& socket);

}  // namespace kvs::lab
