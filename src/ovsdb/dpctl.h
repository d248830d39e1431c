#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/net.h"
#include "base/result.h"

// The output of ovs-vswitchd's commands dpctl/... and tnl/... on its control socket (unixctl.h;
// dpctl(8), ovs-vswitchd(8)), as values. The commands describe a datapath as a whole, for all
// bridges that use it.
namespace kvs::ovsdb {

// The name by which dpctl commands know the datapath of all bridges of `datapath_type` ("netdev";
// "system" and "" are the kernel's). It is required where there may be several datapaths.
std::string DatapathOf(std::string_view datapath_type);

// A conntrack zone that has a limit of its own.
struct ZoneLimit {
  uint16_t zone = 0;
  uint64_t limit = 0;  // connections; 0: unlimited
  // Connections that count towards the limit: those made since the zone has one. The kernel's
  // datapath does not count closed TCP connections, though they are still in its table.
  uint64_t count = 0;
  friend bool operator==(const ZoneLimit&, const ZoneLimit&) = default;
};
// Parses dpctl/ct-get-limits called without zones (called with a zone without a limit, it shows the
// default as that zone's). The default itself is left out.
Result<std::vector<ZoneLimit>> ParseZoneLimits(std::string_view text);

// Parses the number that dpctl/ct-get-maxconns and dpctl/ct-get-nconns print.
Result<uint64_t> ParseCount(std::string_view text);

// Parses from dpctl/ipf-get-status how many fragments the userspace datapath keeps at most until
// the packets are complete or the fragments expire.
Result<uint64_t> ParseMaxFragments(std::string_view text);

// The address that began the connection in a line of dpctl/dump-conntrack. nullopt: the connection
// is closed and will be removed soon, or the line is not a connection.
std::optional<Ip> ClientOf(std::string_view line);

// A neighbour that the userspace datapath knows for the outer header of tunnels: address and MAC.
struct TunnelNeighbour {
  Ip ip;
  Mac mac;
  std::string bridge;
  friend auto operator<=>(const TunnelNeighbour&, const TunnelNeighbour&) = default;
};
// Parses tnl/neigh/show; unknown lines are skipped.
std::set<TunnelNeighbour> ParseTunnelNeighbours(std::string_view text);

}  // namespace kvs::ovsdb
