#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/net.h"
#include "base/result.h"

// Sends real packets to find which endpoints reach which. All cells of one source run at the same
// time, so a whole matrix takes about as long as its slowest cell.
namespace kvs::probe {

enum class Protocol : uint8_t { kTcp, kUdp, kIcmp, kDns };

// The port of the echo server (echo.h), which runs in every pod and host of a lab.
inline constexpr uint16_t kEchoPort = 8080;

struct Cell {
  Protocol protocol = Protocol::kTcp;
  Ip address;
  uint16_t port = kEchoPort;  // not for kIcmp
  // The identity that must answer (TCP, UDP); "": any. For kDns, which has no address, the name to
  // resolve with getaddrinfo(3), as programs do.
  std::string identity;
  std::optional<Ip> seen_as;  // the source address that the server must see
  bool greets = true;         // TCP: the server speaks first; false: a connection is enough
  bool full = false;  // UDP: the IP packet is as large as the MTU of eth0 and not fragmented
};

struct Outcome {
  bool reached = false;
  std::chrono::microseconds time{0};  // of the attempt that got through
  int attempts = 0;                   // more than one: packets were lost
  std::string reason;                 // if not reached: "timeout", "connection refused", ...
};

// Probes all `cells` at the same time. An attempt is repeated after 100 ms, 200 ms, 400 ms ...
// until `timeout`. Outcomes are in the order of the cells.
std::vector<Outcome> ProbeHere(const std::vector<Cell>& cells, std::chrono::milliseconds timeout);

// The same from network namespace `netns`.
Result<std::vector<Outcome>> Probe(const std::string& netns, const std::vector<Cell>& cells,
                                   std::chrono::milliseconds timeout = std::chrono::seconds(3));

}  // namespace kvs::probe
