#pragma once

#include <array>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/net.h"
#include "lab/live/frame.h"
#include "lab/machine/underlay.h"

// The table of spoof_live_test: who claims what to whom, and where that may get.
namespace kvs::lab {

inline Ip Address(const char* text) { return Ip::Parse(text).value(); }

struct Actor {
  std::string name;  // of its tap, see Row
  Mac mac;
  PerFamily<Ip> ips;
  const Ip& ip(Family family) const { return ips[family]; }
};

// Nodes have their underlay's addresses here.
struct Hosts {
  Actor a, b;  // pods of node1
  Actor c;     // of node2
  Actor d;     // of node3
  Actor node1, node2, node3;
  Actor outside;  // no node; its addresses are those beyond the underlay

  // The first and the second address of a pod's node's range, by IP family.
  static Ip Gateway(const Actor& pod, Family family) { return InRange(pod, family, 1); }
  static Ip Snat(const Actor& pod, Family family) { return InRange(pod, family, 2); }
  // The last of a range of IPv4, which no pod gets, in either family.
  static Ip Nobody(const Actor& pod, Family family) { return InRange(pod, family, 255); }
  static Ip InRange(const Actor& pod, Family family, uint64_t index) {
    return Prefix(pod.ip(family), family == Family::kIpv6 ? 64 : 24).At(index).value();
  }
};

// Where the host's NAT leads to node2's overlay address: from a Service on node1, and from a UDP
// port of node3's, which masquerades as well.
inline constexpr const char* kService4 = "10.96.0.50";
inline constexpr const char* kService6 = "fd00:10:96::50";
inline constexpr uint16_t kNodePort = 30789;

// Taps, by name: a pod ("shop/web-1") on its eth0; a node ("node1") on its side of the bridge,
// k-vswitch0; a node's wire ("node1/u0") on the underlay, both directions; "outside".
struct Row {
  std::string name;
  std::string from;  // by which tap its frames are sent
  std::string to;    // where its mark must arrive; "": a lie, which must arrive nowhere
  // Makes the frames; each carries the mark.
  std::function<std::vector<Bytes>(const Bytes& mark)> frames;
  // Where its mark may be seen besides: on the way, or quoted in an ICMP error.
  std::set<std::string> passes = {};
};

// A UDP datagram to the echo server, as an honest pod sends it. A row changes what it lies about.
struct Datagram {
  Mac eth_src, eth_dst;
  Ip src, dst;

  Bytes Frame(const Bytes& mark) const;
};
Datagram Honest(const Actor& from, const Ip& to);

std::vector<Row> PodRows(const Hosts& hosts);  // addresses, fragments, frames out of the common
std::vector<Row> NeighbourRows(const Hosts& hosts);  // ARP, Neighbor Discovery, DHCP
// Tunnels and what comes from the underlay. `overlay`: "vxlan", "gre", "geneve" or "none".
std::vector<Row> UnderlayRows(const Hosts& hosts, const std::string& overlay);

}  // namespace kvs::lab
