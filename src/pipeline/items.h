#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/net.h"
#include "flow/ofport.h"
#include "ovsdb/names.h"

// What the node should hold besides flows, groups and meters, as values. id() is an item's identity
// at its target, where the reconciler finds it by that; its content is compared by ==.
namespace kvs::pipeline {

// All pods and the host send to this MAC; the switch routes by IP whatever the MAC. Pods hold it as
// a permanent neighbour of the virtual next hops, which no interface has.
inline constexpr Mac kGatewayMac{{0x0a, 0x58, 0xa9, 0xfe, 0x01, 0x01}};
inline constexpr Ip4 kNextHop4{{169, 254, 1, 1}};
inline constexpr Ip6 kNextHop6{{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0a, 0, 0x01}};
// Where Neighbor Solicitations for it are sent (RFC 4291, 2.7.1; RFC 2464, 7).
inline constexpr Ip6 kNextHop6Group{
    {0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0xff, 0x0a, 0, 0x01}};
inline constexpr Mac kNextHop6GroupMac{{0x33, 0x33, 0xff, 0x0a, 0, 0x01}};
inline constexpr Mac kBroadcastMac{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
inline Ip NextHop(Family family) { return family == Family::kIpv6 ? Ip(kNextHop6) : Ip(kNextHop4); }

inline constexpr flow::OfPort kTunnelOfport = 1;
// Tunnels in the underlay, as registered with IANA: UDP ports (RFC 7348, RFC 8926) and an IP
// protocol (RFC 2784).
inline constexpr uint16_t kVxlanPort = 4789, kGenevePort = 6081;
inline constexpr uint8_t kGreProtocol = 47;
inline constexpr uint64_t kTunnelKey = 7;  // VNI (VXLAN, Geneve) or key (GRE) of all our packets

// An address on the bridge's LOCAL link, as a host prefix.
struct HostAddress {
  Prefix prefix;

  const Prefix& id() const { return prefix; }
  friend auto operator<=>(const HostAddress&, const HostAddress&) = default;
};

// A route of the host's main table.
struct HostRoute {
  enum class Link : uint8_t {
    kBridge,  // dev k-vswitch0 onlink
    kAny,     // the link on which the kernel finds `via`; it refuses a next hop that is not on one
  };

  Prefix dst;
  Ip via;
  std::optional<Ip> src;
  Link link = Link::kBridge;
  bool own = false;  // to all of this node's pods: without it they are not served

  const Prefix& id() const { return dst; }
  friend auto operator<=>(const HostRoute&, const HostRoute&) = default;
};

// A permanent neighbour on the bridge's LOCAL link.
struct HostNeighbour {
  Ip ip;
  Mac mac;

  const Ip& id() const { return ip; }
  friend auto operator<=>(const HostNeighbour&, const HostNeighbour&) = default;
};

// A port of the bridge that is a tunnel (Interface.type and Interface.options of OVSDB).
struct TunnelPort {
  std::string name;
  std::string type;  // "vxlan", "gre", "geneve"
  std::map<std::string, std::string> options;
  flow::OfPort ofport = kTunnelOfport;  // ofport_request

  const std::string& id() const { return name; }
  friend auto operator<=>(const TunnelPort&, const TunnelPort&) = default;
};

// The host's end of a pod's link: up, in the group and with the alias that k-vswitch-cni gave it
// (ovsdb/attachment.h), and with an MTU that takes what the pod's end sends. Or, without an alias,
// the bridge's own link, which is up.
struct HostLink {
  std::string name;
  std::string alias;

  const std::string& id() const { return name; }
  friend auto operator<=>(const HostLink&, const HostLink&) = default;
};

// A setting of the host's kernel, below /proc/sys.
struct KernelSetting {
  std::string path;  // "net/ipv4/ip_forward"
  std::string value;

  const std::string& id() const { return path; }
  friend auto operator<=>(const KernelSetting&, const KernelSetting&) = default;
};

// The host's kernel drops what comes in by this link (nftables: table netdev, ingress hook). On the
// userspace datapath the kernel sees a pod's packets beside OVS, unfiltered.
struct IngressDrop {
  std::string device;

  const std::string& id() const { return device; }
  friend auto operator<=>(const IngressDrop&, const IngressDrop&) = default;
};

// A member of a set of prefixes by which the host's kernel judges packets (nftables, table inet
// k-vswitch; apply/targets/nft_target.h). Members may lie within each other.
struct AddressSetMember {
  enum class Set : uint8_t {
    kMasqueraded,  // what leaves these for elsewhere gets the address of the link it leaves by ...
    kCluster,      // ... but not on the way to these
    // What claims to be from these is not forwarded to the pods unless it came in by the bridge.
    // Who is on the underlay could be any pod otherwise: the kernel's own check, rp_filter, is of
    // IPv4 only, and loose on many nodes.
    kGuarded,
    // Addresses of the nodes' tunnels: no forwarded packet may enter a tunnel.
    kTunnelEnds,
    // What comes by the bridge is not forwarded to these.
    kDenied,
  };

  Set set{};
  Prefix prefix;

  std::string id() const { return std::to_string(static_cast<int>(set)) + "/" + prefix.ToString(); }
  friend auto operator<=>(const AddressSetMember&, const AddressSetMember&) = default;
};

}  // namespace kvs::pipeline
