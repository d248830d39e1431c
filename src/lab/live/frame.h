#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/net.h"

// Frames for tests, valid or spoofed: the caller chooses every header, and all checksums and
// lengths are right, so that a frame is dropped because of its addresses and not because it is
// malformed. Each function puts one header before its payload, so nested calls read like the frame
// on the wire:
//
//   Ethernet(a, b, kEthIp4, Ip4Packet({.src = x, .dst = y, .protocol = kProtocolUdp}, ...))
namespace kvs::lab {

using Bytes = std::vector<uint8_t>;

Bytes BytesOf(std::string_view text);
// The concatenation of `parts`.
Bytes Concat(std::initializer_list<Bytes> parts);

inline constexpr uint16_t kEthIp4 = 0x0800, kEthArp = 0x0806, kEthIp6 = 0x86dd, kEthVlan = 0x8100,
                          kEthServiceVlan = 0x88a8;
inline uint16_t EthTypeOf(const Ip& ip) { return ip.is6() ? kEthIp6 : kEthIp4; }

inline constexpr uint8_t kProtocolHopByHop = 0, kProtocolUdp = 17, kProtocolRouting = 43,
                         kProtocolFragment = 44, kProtocolGre = 47, kProtocolIcmp6 = 58,
                         kProtocolDestinationOptions = 60;

// Padded to the minimum size of a frame, 60 bytes (IEEE 802.3).
Bytes Ethernet(const Mac& src, const Mac& dst, uint16_t type, const Bytes& payload);
// An IEEE 802.1Q tag, between an Ethernet header of type kEthVlan and the packet.
Bytes Tag(uint16_t vlan, uint16_t type, const Bytes& payload);

struct Ip4Header {
  Ip4 src, dst;
  uint8_t protocol = kProtocolUdp;
  uint8_t ttl = 64;
  uint16_t fragment = 0;  // offset in units of 8 bytes
  bool more = false;      // fragments follow
  Bytes options;          // a multiple of 4 bytes, at most 40
};
Bytes Ip4Packet(const Ip4Header& header, const Bytes& payload);  // RFC 791

struct Ip6Header {
  Ip6 src, dst;
  uint8_t next = kProtocolUdp;
  uint8_t hop_limit = 64;
};
Bytes Ip6Packet(const Ip6Header& header, const Bytes& payload);  // RFC 8200
// Of the family of `src` and `dst`, which must be the same.
Bytes IpPacket(const Ip& src, const Ip& dst, uint8_t protocol, const Bytes& payload,
               uint8_t ttl = 64);
// Extension headers of RFC 8200: one without effect (8 bytes: options with padding only, or a
// routing header of type 4 with no segments left), and a fragment header (`fragment` as in
// Ip4Header).
Bytes Ip6Extension(uint8_t kind, uint8_t next, const Bytes& payload);
Bytes Ip6Fragment(uint8_t next, uint16_t fragment, bool more, const Bytes& payload);

// `src` and `dst` are those of the IP header, which the checksum includes.
Bytes Udp(const Ip& src, const Ip& dst, uint16_t from, uint16_t to, const Bytes& payload);
Bytes Icmp6(const Ip& src, const Ip& dst, uint8_t type, uint8_t code, const Bytes& body);
// A Neighbor Discovery option with a link-layer address: type 1 is the source's, 2 the target's.
Bytes NdLinkAddress(uint8_t type, const Mac& mac);

struct Arp {  // RFC 826
  uint16_t op = 1;
  Mac sender_mac;
  Ip4 sender_ip;
  Mac target_mac;
  Ip4 target_ip;
};
Bytes ArpPacket(const Arp& arp);

// The IP packet that carries an Ethernet frame through a tunnel.
enum class Encapsulation : uint8_t { kVxlan, kGeneve, kGre };  // RFC 7348, 8926, 2890
struct Tunnel {
  Encapsulation encapsulation = Encapsulation::kVxlan;
  Ip src, dst;
  uint32_t key = 7;  // VNI, or GRE's key
};
Bytes InTunnel(const Tunnel& tunnel, const Bytes& frame);

}  // namespace kvs::lab
