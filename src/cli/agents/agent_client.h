#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace kvs::cli {

// The default socket of this node's agent.
inline constexpr char kAgentSocket[] = "/run/k-vswitch/agent.sock";

// The limit of an answer's size, so that an agent under an attacker's control can't exhaust the
// memory of kvs.
inline constexpr size_t kMostAnswer = size_t{64} << 20;  // bytes

struct Answer {
  long status = 0;  // HTTP
  std::string body;

  // The form in which the hidden `kvs ask` prints the answer in an agent's pod: a line with status
  // and size, then the body. Parsing fails if it has another form or is incomplete.
  std::string ToWire() const;
  static Result<Answer> FromWire(std::string_view wire);
};

// Sends GET `path`, or another `method`, to the agent at the Unix socket `socket`. An Error only if
// there is no answer (it names the socket and the remedy), or if the answer is larger than
// kMostAnswer.
Result<Answer> AskAgent(const std::string& socket, const std::string& path,
                        const std::string& method = "GET");

}  // namespace kvs::cli
