#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/net.h"
#include "base/result.h"

// What ovs-vswitchd prints for the dpctl/... and tnl/... commands of its control socket
// (unixctl.h), as values. dpctl(8) and ovs-vswitchd(8) describe them; they tell of a datapath as a
// whole, whoever's bridge it serves.
namespace kvs::ovsdb {

// The datapath of all bridges of `datapath_type` ("netdev"; "system" and "": the kernel's), as
// dpctl commands want it named where there may be several.
std::string DatapathOf(std::string_view datapath_type);

// A conntrack zone that has a limit of its own.
struct ZoneLimit {
  uint16_t zone = 0;
  uint64_t limit = 0;  // connections; 0: as many as there may be
  // Connections that count towards the limit now: those made since the zone has one. The kernel's
  // datapath leaves out TCP connections that are closed, though it still remembers them.
  uint64_t count = 0;
  friend bool operator==(const ZoneLimit&, const ZoneLimit&) = default;
};
// Reads dpctl/ct-get-limits, asked without zones: asked for one without a limit it shows the
// default as that zone's. The default itself is left out.
Result<std::vector<ZoneLimit>> ParseZoneLimits(std::string_view text);

// Reads the number that dpctl/ct-get-maxconns and dpctl/ct-get-nconns print.
Result<uint64_t> ParseCount(std::string_view text);

// Reads of dpctl/ipf-get-status how many fragments the userspace datapath keeps at most, until they
// are whole or expire.
Result<uint64_t> ParseMaxFragments(std::string_view text);

// Who began the connection that one line of dpctl/dump-conntrack tells of. nullopt: one that is
// closed, and remembered for a while only, or no connection.
std::optional<Ip> ClientOf(std::string_view line);

// Whom the userspace datapath reaches with which MAC, at the outside of a tunnel.
struct TunnelNeighbour {
  Ip ip;
  Mac mac;
  std::string bridge;
  friend auto operator<=>(const TunnelNeighbour&, const TunnelNeighbour&) = default;
};
// Reads tnl/neigh/show; other lines are passed over.
std::set<TunnelNeighbour> ParseTunnelNeighbours(std::string_view text);

}  // namespace kvs::ovsdb
