#pragma once

#include <string>

#include "base/result.h"

namespace kvs::cli {

struct Answer {
  long status = 0;  // HTTP
  std::string body;
};

// GET `path` from the agent that listens on the Unix socket `socket`, or another `method`. An Error
// only if nobody answers; it names the socket and the remedy.
Result<Answer> AskAgent(const std::string& socket, const std::string& path,
                        const std::string& method = "GET");

}  // namespace kvs::cli
