#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/net.h"
#include "base/result.h"

// Real packets: who reaches whom. All cells of one source run at once, in a thread inside its
// network namespace, so a whole matrix takes about as long as its slowest cell.
namespace kvs::lab {

enum class Protocol : uint8_t { kTcp, kUdp, kIcmp };

// Port of the process that every pod and host of a lab runs; see echo.h.
inline constexpr uint16_t kEchoPort = 8080;

struct Cell {
  Protocol protocol = Protocol::kTcp;
  Ip address;
  uint16_t port = kEchoPort;  // not for kIcmp
  std::string identity;       // who must answer (TCP, UDP); "": anybody
};

struct Outcome {
  bool reached = false;
  std::chrono::microseconds time{0};  // of the attempt that got through
  int attempts = 0;                   // more than one: packets were lost
  std::string reason;                 // if not reached: "timeout", "connection refused", ...
};

// Probes all `cells` from namespace `netns` at once. An attempt is repeated after 100 ms, 200 ms,
// 400 ms ... until `timeout`. Answers in the order of the cells.
Result<std::vector<Outcome>> Probe(const std::string& netns, const std::vector<Cell>& cells,
                                   std::chrono::milliseconds timeout = std::chrono::seconds(3));

}  // namespace kvs::lab
