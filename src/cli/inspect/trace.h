#pragma once

#include <boost/json/array.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/net.h"
#include "base/text.h"
#include "cli/agents/agent_client.h"
#include "cli/terminal/exit_code.h"

// Traces a packet. The agent of the node where it starts is asked what its switch does with the
// packet (GET /v1/trace, agent/trace.h), then the agent of the node to which it is forwarded. No
// packet is sent.
namespace kvs::cli {

template <class T>
using Traced = tl::expected<T, Failure>;

// Asks the agent of a node; an Error, without the node's name, if there is no answer.
using AgentTransport =
    std::function<Result<Answer>(const std::string& node, const std::string& path)>;

// What a name stands for as a start or an end of packets.
struct PacketEnd {
  std::string node;     // its node; "": packets can't start there
  std::string from;     // as of Packet
  std::vector<Ip> ips;  // its addresses
};

struct Packet {
  std::string node;  // where it starts
  std::string from;  // "shop/web-1", or "node" for the host itself
  Ip to;
  std::string protocol = "tcp";  // or "udp", "icmp"
  uint16_t port = 0;             // not for icmp
  PacketEnd source, target;      // what the names stand for; empty for an address
};

struct PacketPath {
  boost::json::array hops;         // as the agents gave them
  std::optional<Failure> failure;  // why the rest is unknown

  // kOk if it is delivered, or leaves for the host or another node; kFailed if it is dropped.
  ExitCode code() const;
};
PacketPath Follow(const Packet& packet, const AgentTransport& ask);

// A line per node and table, what is done there, and where the packet goes.
Text ToText(const PacketPath& path);

struct NameAndPort {
  std::string name;
  uint16_t port = 0;  // 0: not given
};
// "10.1.1.3:80", "[fd00::3]:80", "shop/web-1:80", or each without a port.
Traced<NameAndPort> ReadNameAndPort(const std::string& text);

// What a node's name follows.
inline constexpr std::string_view kNodeEnd = "node/";
// `name` is "shop/web-1", "node/node1", "svc/shop/web" or another form that the command accepts.
using FindEnd = std::function<Traced<PacketEnd>(const std::string& name)>;

// The command line's arguments.
struct TraceArguments {
  std::string from;
  std::string to;  // a name or an address, and maybe :PORT
  std::string protocol = "tcp";
  uint16_t port = 0;           // 0: that of `to`, else
  uint16_t default_port = 80;  // this
  bool ipv6 = false;           // to the IPv6 address of what `to` names
  bool json = false;           // as JSON (the hops) instead of for people
};
// Errors name the invalid argument.
Traced<Packet> ReadArguments(const TraceArguments& arguments, const FindEnd& find);

// Prints the path, returns the exit code.
int Trace(const TraceArguments& arguments, const FindEnd& find, const AgentTransport& ask);

}  // namespace kvs::cli
