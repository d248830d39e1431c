#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace kvs::cli {

// AgentOptions the agent of this node listens, if it is told nothing else.
inline constexpr char kAgentSocket[] = "/run/k-vswitch/agent.sock";

// Of an answer: a node that was taken over must not exhaust the memory of who asks.
inline constexpr size_t kMostAnswer = size_t{64} << 20;  // bytes

struct Answer {
  long status = 0;  // HTTP
  std::string body;

  // As the hidden `kvs ask` prints it, which is what comes out of an agent's pod: a line with
  // status and size, then the body. Error: it isn't that, or a part is missing.
  std::string ToWire() const;
  static Result<Answer> FromWire(std::string_view wire);
};

// GET `path` from the agent that listens on the Unix socket `socket`, or another `method`. An Error
// only if nobody answers, which names the socket and the remedy, or with more than kMostAnswer.
Result<Answer> AskAgent(const std::string& socket, const std::string& path,
                        const std::string& method = "GET");

}  // namespace kvs::cli
