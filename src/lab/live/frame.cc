#include "lab/live/frame.h"

#include <algorithm>
#include <initializer_list>

namespace kvs::lab {
namespace {

constexpr size_t kLeastFrame = 60;
constexpr uint16_t kVxlanPort = 4789, kGenevePort = 6081, kTunnelSource = 50000;
constexpr uint16_t kEthBridged = 0x6558;  // an Ethernet frame within: GRE's and Geneve's word

class Writer {
 public:
  Writer& U8(unsigned value) {
    bytes_.push_back(static_cast<uint8_t>(value));
    return *this;
  }
  Writer& U16(unsigned value) { return U8(value >> 8).U8(value & 0xff); }
  Writer& U32(uint32_t value) { return U16(value >> 16).U16(value & 0xffff); }
  Writer& Put(std::span<const uint8_t> bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  Writer& Put(const Ip& ip) { return Put(std::span(ip.data(), ip.size())); }
  void SetU16(size_t at, unsigned value) {
    bytes_[at] = static_cast<uint8_t>(value >> 8);
    bytes_[at + 1] = static_cast<uint8_t>(value & 0xff);
  }
  const Bytes& bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

// RFC 1071.
uint16_t InternetChecksum(const Bytes& bytes) {
  uint32_t sum = 0;
  for (size_t i = 0; i < bytes.size(); ++i) sum += i % 2 == 0 ? bytes[i] << 8u : bytes[i];
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

// Includes the pseudo header (RFC 768; RFC 8200, 8.1).
uint16_t ChecksumOf(const Ip& src, const Ip& dst, uint8_t protocol, const Bytes& segment) {
  Writer all;
  all.Put(src).Put(dst).U32(static_cast<uint32_t>(segment.size())).U32(protocol).Put(segment);
  return InternetChecksum(all.bytes());
}

}  // namespace

Bytes BytesOf(std::string_view text) { return {text.begin(), text.end()}; }

Bytes Concat(std::initializer_list<Bytes> parts) {
  Writer all;
  for (const Bytes& part : parts) all.Put(part);
  return all.bytes();
}

Bytes Ethernet(const Mac& src, const Mac& dst, uint16_t type, const Bytes& payload) {
  Bytes frame = Writer().Put(dst.bytes).Put(src.bytes).U16(type).Put(payload).bytes();
  frame.resize(std::max(frame.size(), kLeastFrame));
  return frame;
}

Bytes Tag(uint16_t vlan, uint16_t type, const Bytes& payload) {
  return Writer().U16(vlan).U16(type).Put(payload).bytes();
}

Bytes Ip4Packet(const Ip4Header& header, const Bytes& payload) {
  constexpr uint16_t kMoreFragments = 0x2000;
  const size_t length = 20 + header.options.size();
  Writer head;
  head.U8(0x40 | static_cast<unsigned>(length / 4)).U8(0);
  head.U16(static_cast<unsigned>(length + payload.size())).U16(0x4b56);
  head.U16(header.fragment | (header.more ? kMoreFragments : 0u));
  head.U8(header.ttl).U8(header.protocol).U16(0);
  head.Put(header.src.bytes).Put(header.dst.bytes).Put(header.options);
  head.SetU16(10, InternetChecksum(head.bytes()));
  return head.Put(payload).bytes();
}

Bytes Ip6Packet(const Ip6Header& header, const Bytes& payload) {
  Writer packet;
  packet.U32(0x60000000).U16(static_cast<unsigned>(payload.size()));
  packet.U8(header.next).U8(header.hop_limit);
  return packet.Put(header.src.bytes).Put(header.dst.bytes).Put(payload).bytes();
}

Bytes IpPacket(const Ip& src, const Ip& dst, uint8_t protocol, const Bytes& payload, uint8_t ttl) {
  if (src.is6())
    return Ip6Packet({.src = src.v6(), .dst = dst.v6(), .next = protocol, .hop_limit = ttl},
                     payload);
  return Ip4Packet({.src = src.v4(), .dst = dst.v4(), .protocol = protocol, .ttl = ttl}, payload);
}

Bytes Ip6Extension(uint8_t kind, uint8_t next, const Bytes& payload) {
  Writer header;
  header.U8(next).U8(0);
  if (kind == kProtocolRouting) {
    header.U8(4).U8(0).U32(0);
  } else {
    header.U8(1).U8(4).U32(0);  // PadN, 6 bytes
  }
  return header.Put(payload).bytes();
}

Bytes Ip6Fragment(uint8_t next, uint16_t fragment, bool more, const Bytes& payload) {
  const unsigned endpoint = fragment * 8u | (more ? 1u : 0u);
  return Writer().U8(next).U8(0).U16(endpoint).U32(0x6b7673).Put(payload).bytes();
}

Bytes Udp(const Ip& src, const Ip& dst, uint16_t from, uint16_t to, const Bytes& payload) {
  Writer datagram;
  datagram.U16(from).U16(to).U16(static_cast<unsigned>(8 + payload.size())).U16(0).Put(payload);
  const uint16_t checksum = ChecksumOf(src, dst, kProtocolUdp, datagram.bytes());
  datagram.SetU16(6, checksum == 0 ? 0xffff : checksum);
  return datagram.bytes();
}

Bytes Icmp6(const Ip& src, const Ip& dst, uint8_t type, uint8_t code, const Bytes& body) {
  Writer message;
  message.U8(type).U8(code).U16(0).Put(body);
  message.SetU16(2, ChecksumOf(src, dst, kProtocolIcmp6, message.bytes()));
  return message.bytes();
}

Bytes NdLinkAddress(uint8_t type, const Mac& mac) {
  return Writer().U8(type).U8(1).Put(mac.bytes).bytes();
}

Bytes ArpPacket(const Arp& arp) {
  Writer packet;
  packet.U16(1).U16(kEthIp4).U8(6).U8(4).U16(arp.op);
  packet.Put(arp.sender_mac.bytes).Put(arp.sender_ip.bytes);
  return packet.Put(arp.target_mac.bytes).Put(arp.target_ip.bytes).bytes();
}

Bytes InTunnel(const Tunnel& tunnel, const Bytes& frame) {
  const auto udp = [&](uint16_t port, const Bytes& payload) {
    return IpPacket(tunnel.src, tunnel.dst, kProtocolUdp,
                    Udp(tunnel.src, tunnel.dst, kTunnelSource, port, payload));
  };
  switch (tunnel.encapsulation) {
    case Encapsulation::kVxlan:
      return udp(kVxlanPort, Writer().U32(0x08000000).U32(tunnel.key << 8).Put(frame).bytes());
    case Encapsulation::kGeneve:
      return udp(kGenevePort,
                 Writer().U16(0).U16(kEthBridged).U32(tunnel.key << 8).Put(frame).bytes());
    case Encapsulation::kGre:
      break;
  }
  return IpPacket(tunnel.src, tunnel.dst, kProtocolGre,
                  Writer().U16(0x2000).U16(kEthBridged).U32(tunnel.key).Put(frame).bytes());
}

}  // namespace kvs::lab
