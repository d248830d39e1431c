#pragma once

#include <array>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/net.h"
#include "lab/live/frame.h"
#include "lab/machine/underlay.h"

// The rows of spoof_live_test: which addresses a sender claims, to whom, and where the frame may
// arrive.
namespace kvs::lab {

inline Ip Address(const char* text) { return Ip::Parse(text).value(); }

struct Actor {
  std::string name;  // of its tap, see Row
  Mac mac;
  PerFamily<Ip> ips;
  const Ip& ip(Family family) const { return ips[family]; }
};

// Nodes have their addresses on the underlay here.
struct Hosts {
  Actor a, b;  // pods of node1
  Actor c;     // of node2
  Actor d;     // of node3
  Actor node1, node2, node3;
  Actor outside;  // no node; its addresses are those beyond the underlay

  // The first and the second address of the range of a pod's node, by IP family.
  static Ip Gateway(const Actor& pod, Family family) { return InRange(pod, family, 1); }
  static Ip Snat(const Actor& pod, Family family) { return InRange(pod, family, 2); }
  // The last address of an IPv4 range, which no pod gets; the same index in IPv6.
  static Ip Nobody(const Actor& pod, Family family) { return InRange(pod, family, 255); }
  static Ip InRange(const Actor& pod, Family family, uint64_t index) {
    return Prefix(pod.ip(family), family == Family::kIpv6 ? 64 : 24).At(index).value();
  }
};

// Where a host's NAT translates to node2's overlay address: a Service on node1, and a UDP port of
// node3's, which masquerades as well.
inline constexpr const char* kService4 = "10.96.0.50";
inline constexpr const char* kService6 = "fd00:10:96::50";
inline constexpr uint16_t kNodePort = 30789;

// Taps, by name: a pod ("shop/web-1") at its eth0; a node ("node1") at its side of the bridge,
// k-vswitch0; a node's underlay link ("node1/u0"), in both directions; "outside".
struct Row {
  std::string name;
  std::string from;  // the tap that sends its frames
  std::string to;    // where its mark must arrive; "": spoofed, must not arrive anywhere
  // Makes the frames; each contains the mark.
  std::function<std::vector<Bytes>(const Bytes& mark)> frames;
  // Where its mark may also be seen: on the path, or quoted in an ICMP error.
  std::set<std::string> passes = {};
};

// A UDP datagram to the echo server as a regular pod sends it. A row changes the fields that it
// spoofs.
struct Datagram {
  Mac eth_src, eth_dst;
  Ip src, dst;

  Bytes Frame(const Bytes& mark) const;
};
Datagram Honest(const Actor& from, const Ip& to);

std::vector<Row> PodRows(const Hosts& hosts);        // addresses, fragments, unusual frames
std::vector<Row> NeighbourRows(const Hosts& hosts);  // ARP, Neighbor Discovery, DHCP
// Tunnels and packets from the underlay. `overlay`: "vxlan", "gre", "geneve" or "none".
std::vector<Row> UnderlayRows(const Hosts& hosts, const std::string& overlay);

}  // namespace kvs::lab
