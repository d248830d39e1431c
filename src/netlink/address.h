#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/net.h"
#include "netlink/socket.h"

// Addresses of links, and neighbours (ip-address(8), ip-neighbour(8)).
namespace kvs::netlink {

struct Address {
  int link = 0;
  Ip ip;
  int length = 0;                // of the prefix
  bool no_dad = false;           // IPv6: usable at once, never checked for duplicates
  bool no_prefix_route = false;  // makes no route for its prefix
  bool permanent = true;         // read only; false: it expires (router advertisement, DHCP)
  uint8_t scope = 0;             // RT_SCOPE_UNIVERSE, or _HOST, _LINK
  uint8_t protocol = 0;          // who made it (IFA_PROTO); 0: not said, as before Linux 5.18

  Prefix prefix() const { return Prefix(ip, length); }
  // The address as a dump will show it: no_dad exists for IPv6 only, and IPv6's scope follows from
  // the address. Reconcilers compare this form.
  Address AsShown() const;
  friend bool operator==(const Address&, const Address&) = default;
};

Request AddAddress(const Address& address);      // EEXIST
Request ReplaceAddress(const Address& address);  // adds it; of one there, IPv6 changes flags
Request DeleteAddress(const Address& address);   // EADDRNOTAVAIL
Result<std::vector<Address>> DumpAddresses(Socket& socket, int link = 0);  // 0: of all
std::optional<Address> DecodeAddress(Bytes body);  // of RTM_NEWADDR and RTM_DELADDR

struct Neighbour {
  int link = 0;
  Ip ip;
  std::optional<Mac> mac;  // none: not resolved
  bool permanent = true;   // false: the kernel learned it and may forget it

  friend bool operator==(const Neighbour&, const Neighbour&) = default;
};

Request AddNeighbour(const Neighbour& neighbour);  // EEXIST
Request ReplaceNeighbour(const Neighbour& neighbour);
Request DeleteNeighbour(const Neighbour& neighbour);  // ENOENT
// Makes the kernel resolve the neighbour's MAC as if it had a packet for it; nothing happens if the
// entry is reachable already. No existing entry is changed.
Request ResolveNeighbour(int link, const Ip& ip);
Result<std::vector<Neighbour>> DumpNeighbours(Socket& socket, int link = 0);  // 0: of all
std::optional<Neighbour> DecodeNeighbour(Bytes body);  // of RTM_NEWNEIGH and RTM_DELNEIGH

}  // namespace kvs::netlink
