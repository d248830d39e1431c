#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/net.h"
#include "base/result.h"

// Real packets: who reaches whom. All cells of one source run at once, so a whole matrix takes
// about as long as its slowest cell.
namespace kvs::probe {

enum class Protocol : uint8_t { kTcp, kUdp, kIcmp, kDns };

// Port of the process that answers probes, as every pod and host of a lab runs; see echo.h.
inline constexpr uint16_t kEchoPort = 8080;

struct Cell {
  Protocol protocol = Protocol::kTcp;
  Ip address;
  uint16_t port = kEchoPort;  // not for kIcmp
  // Who must answer (TCP, UDP); "": anybody. For kDns, which has no address, the name to resolve,
  // by getaddrinfo(3), as programs do.
  std::string identity;
  std::optional<Ip> seen_as;  // by which address who answers must know us
  bool greets = true;  // TCP: false: who listens lets us speak first, so a connection is enough
  bool full = false;   // UDP: the IP packet is as large as the MTU of eth0 and not fragmented
};

struct Outcome {
  bool reached = false;
  std::chrono::microseconds time{0};  // of the attempt that got through
  int attempts = 0;                   // more than one: packets were lost
  std::string reason;                 // if not reached: "timeout", "connection refused", ...
};

// Probes all `cells` at once. An attempt is repeated after 100 ms, 200 ms, 400 ms ... until
// `timeout`. Answers in the order of the cells.
std::vector<Outcome> ProbeHere(const std::vector<Cell>& cells, std::chrono::milliseconds timeout);

// The same from network namespace `netns`.
Result<std::vector<Outcome>> Probe(const std::string& netns, const std::vector<Cell>& cells,
                                   std::chrono::milliseconds timeout = std::chrono::seconds(3));

}  // namespace kvs::probe
