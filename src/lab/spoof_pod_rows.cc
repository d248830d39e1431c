#include "lab/probe.h"
#include "lab/spoof_rows.h"
#include "pipeline/items.h"

namespace kvs::lab {
namespace {

using pipeline::kBroadcastMac;
using pipeline::kGatewayMac;
using Rows = std::vector<Row>;
using Frames = std::vector<Bytes>;

constexpr uint16_t kClientPort = 40000;
constexpr Mac kMulticastMac{{0x01, 0x00, 0x5e, 0x00, 0x00, 0x01}};

Bytes UdpOf(const Ip& src, const Ip& dst, const Bytes& payload) {
  return Udp(src, dst, kClientPort, kEchoPort, payload);
}

struct Claim {
  std::string what;
  Ip ip;
};

std::vector<Claim> SourcesOfOthers(const Cast& cast, bool six) {
  std::vector<Claim> claims = {
      {"another pod's", cast.b.ip(six)},
      {"a remote pod's", cast.c.ip(six)},
      {"nobody's of the node's range", Cast::Nobody(cast.a, six)},
      {"the node's", cast.node1.ip(six)},
      {"another node's", cast.node2.ip(six)},
      {"the gateway's", Cast::Gateway(cast.a, six)},
      {"another node's gateway's", Cast::Gateway(cast.c, six)},
      {"the address M", Cast::Snat(cast.a, six)},
      {"the virtual next hop's", pipeline::NextHop(six)},
      {"the outside's", cast.outside.ip(six)},
  };
  const std::vector<Claim> more =
      six ? std::vector<Claim>{{"none", Address("::")},
                               {"loopback", Address("::1")},
                               {"link-local", Address("fe80::858:aff:fef4:103")},
                               {"multicast", Address("ff02::1")},
                               {"IPv4-mapped", Address("::ffff:10.244.1.3")}}
          : std::vector<Claim>{{"none", Address("0.0.0.0")},
                               {"loopback", Address("127.0.0.1")},
                               {"multicast", Address("224.0.0.1")},
                               {"broadcast", Address("255.255.255.255")}};
  claims.insert(claims.end(), more.begin(), more.end());
  return claims;
}

std::vector<Ip> EveryKindOfDestination(const Cast& cast, bool six) {
  return {cast.b.ip(six),     cast.c.ip(six),     Cast::Gateway(cast.a, six),
          cast.node1.ip(six), cast.node2.ip(six), cast.outside.ip(six)};
}

const char* FamilyOf(bool six) { return six ? "IPv6" : "IPv4"; }

// From a to `to` and to everybody else, each datagram changed by `lie`.
template <class Lie>
Frames ToEverybody(const Cast& cast, bool six, const Bytes& mark, Lie lie) {
  Frames frames;
  for (const Ip& dst : EveryKindOfDestination(cast, six)) {
    Datagram datagram = Honest(cast.a, dst);
    lie(datagram);
    frames.push_back(datagram.Frame(mark));
  }
  return frames;
}

void AddHonest(const Cast& cast, bool six, Rows& rows) {
  const auto add = [&](const std::string& what, const Ip& dst, const std::string& to,
                       std::set<std::string> passes) {
    rows.push_back({fmt::format("honest {} to {}", FamilyOf(six), what), cast.a.name, to,
                    [datagram = Honest(cast.a, dst)](const Bytes& mark) -> Frames {
                      return {datagram.Frame(mark)};
                    },
                    std::move(passes)});
  };
  add("a pod here", cast.b.ip(six), cast.b.name, {});
  add("itself", cast.a.ip(six), cast.a.name, {});
  // (Without an overlay the nodes' kernels pass it on.)
  add("a remote pod", cast.c.ip(six), cast.c.name, {"node1", "node2", "node1/u0", "node2/u0"});
  add("the gateway", Cast::Gateway(cast.a, six), "node1", {});
  add("its node", cast.node1.ip(six), "node1", {});
  add("another node", cast.node2.ip(six), "node2/u0", {"node1", "node1/u0"});
  add("the outside", cast.outside.ip(six), "outside", {"node1", "node1/u0"});
}

void AddSources(const Cast& cast, bool six, Rows& rows) {
  for (const Claim& claim : SourcesOfOthers(cast, six)) {
    rows.push_back({fmt::format("{} source: {}, {}", FamilyOf(six), claim.what, claim.ip),
                    cast.a.name, "", [&cast, six, ip = claim.ip](const Bytes& mark) {
                      return ToEverybody(cast, six, mark, [&](Datagram& d) { d.src = ip; });
                    }});
  }
}

void AddMacs(const Cast& cast, bool six, Rows& rows) {
  const std::pair<const char*, Mac> claims[] = {
      {"another pod's", cast.b.mac}, {"the gateway's", kGatewayMac}, {"the node's", cast.node1.mac},
      {"multicast", kMulticastMac},  {"broadcast", kBroadcastMac},   {"none", Mac()},
  };
  for (const auto& [what, mac] : claims) {
    rows.push_back({fmt::format("source MAC with its own {}: {}", FamilyOf(six), what), cast.a.name,
                    "", [&cast, six, mac](const Bytes& mark) {
                      return ToEverybody(cast, six, mark, [&](Datagram& d) { d.eth_src = mac; });
                    }});
  }
  rows.push_back({fmt::format("another pod's MAC and {}", FamilyOf(six)), cast.a.name, "",
                  [&cast, six](const Bytes& mark) {
                    return ToEverybody(cast, six, mark, [&](Datagram& d) {
                      d.eth_src = cast.b.mac;
                      d.src = cast.b.ip(six);
                    });
                  }});
}

// With the true source, to where nobody routes.
void AddDestinations(const Cast& cast, bool six, Rows& rows) {
  std::vector<Ip> destinations = {Cast::Nobody(cast.a, six), Cast::Snat(cast.a, six)};
  for (const char* text :
       six ? std::vector{"::", "::1", "fe80::a:1", "fe80::1", "ff02::1", "ff02::2", "ff02::fb",
                         "ff05::1:3", "ff0e::1"}
           : std::vector{"0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "224.0.0.251", "239.1.1.1",
                         "240.0.0.1", "255.255.255.255"})
    destinations.push_back(Address(text));
  for (const Ip& dst : destinations) {
    rows.push_back(
        {fmt::format("destination {}", dst), cast.a.name, "", [&cast, dst](const Bytes& mark) {
           Frames frames;
           for (const Mac& mac : {kGatewayMac, kBroadcastMac, cast.b.mac}) {
             Datagram datagram = Honest(cast.a, dst);
             datagram.eth_dst = mac;
             frames.push_back(datagram.Frame(mark));
           }
           return frames;
         }});
  }
}

// ---- Fragments, options, extension headers: from `src` to pod b ----

using Packets = std::function<Frames(const Ip& src, const Ip& dst, const Bytes& mark)>;

// Two fragments of a datagram, a mark in each. (OVS in userspace drops first ones below 1,280
// bytes: dpctl/ipf-set-min-frag in ovs-vswitchd(8).)
constexpr uint16_t kFirstFragment = 1280;

Bytes LongDatagram(const Ip& src, const Ip& dst, const Bytes& mark) {
  return UdpOf(src, dst, Concat({mark, Bytes(kFirstFragment), mark}));
}

Frames Fragments4(const Ip& src, const Ip& dst, const Bytes& mark) {
  const Bytes whole = LongDatagram(src, dst, mark);
  const auto cut = whole.begin() + kFirstFragment;
  return {Ip4Packet({.src = src.v4(), .dst = dst.v4(), .more = true}, Bytes(whole.begin(), cut)),
          Ip4Packet({.src = src.v4(), .dst = dst.v4(), .fragment = kFirstFragment / 8},
                    Bytes(cut, whole.end()))};
}

Frames Fragments6(const Ip& src, const Ip& dst, const Bytes& mark) {
  const Bytes whole = LongDatagram(src, dst, mark);
  const auto cut = whole.begin() + kFirstFragment;
  const Ip6Header header{.src = src.v6(), .dst = dst.v6(), .next = kProtocolFragment};
  return {Ip6Packet(header, Ip6Fragment(kProtocolUdp, 0, true, Bytes(whole.begin(), cut))),
          Ip6Packet(header,
                    Ip6Fragment(kProtocolUdp, kFirstFragment / 8, false, Bytes(cut, whole.end())))};
}

Packets WithIp4Options(const Bytes& options) {
  return [options](const Ip& src, const Ip& dst, const Bytes& mark) -> Frames {
    return {
        Ip4Packet({.src = src.v4(), .dst = dst.v4(), .options = options}, UdpOf(src, dst, mark))};
  };
}

Packets WithExtension(uint8_t kind) {
  return [kind](const Ip& src, const Ip& dst, const Bytes& mark) -> Frames {
    return {Ip6Packet({.src = src.v6(), .dst = dst.v6(), .next = kind},
                      Ip6Extension(kind, kProtocolUdp, UdpOf(src, dst, mark)))};
  };
}

Packets Only(Packets packets, size_t which) {
  return [packets = std::move(packets), which](const Ip& src, const Ip& dst, const Bytes& mark) {
    return Frames{packets(src, dst, mark)[which]};
  };
}

Frames InEthernet(const Actor& from, const Frames& packets, uint16_t type) {
  Frames frames;
  for (const Bytes& packet : packets)
    frames.push_back(Ethernet(from.mac, kGatewayMac, type, packet));
  return frames;
}

void AddShapes(const Cast& cast, bool six, Rows& rows) {
  struct Shape {
    const char* name;
    Packets packets;
    bool honest;  // it arrives, if its source is true
  };
  const std::vector<Shape> shapes =
      six ? std::vector<Shape>{{"IPv6 in fragments", Fragments6, true},
                               {"IPv6's first fragment", Only(Fragments6, 0), false},
                               {"IPv6's later fragment", Only(Fragments6, 1), false},
                               {"IPv6 hop-by-hop options", WithExtension(kProtocolHopByHop), true},
                               {"IPv6 destination options",
                                WithExtension(kProtocolDestinationOptions), true},
                               {"IPv6 routing header", WithExtension(kProtocolRouting), true}}
          : std::vector<Shape>{
                {"IPv4 in fragments", Fragments4, true},
                {"IPv4's first fragment", Only(Fragments4, 0), false},
                {"IPv4's later fragment", Only(Fragments4, 1), false},
                {"IPv4 options", WithIp4Options({7, 7, 4, 0, 0, 0, 0, 0}), true},
                {"IPv4 source route", WithIp4Options({0x83, 7, 4, 10, 244, 1, 3, 0}), false}};
  for (const Shape& shape : shapes) {
    const auto from = [&cast, six, packets = shape.packets](const Ip& src) {
      return [&cast, six, packets, src](const Bytes& mark) {
        return InEthernet(cast.a, packets(src, cast.b.ip(six), mark), EthTypeOf(src));
      };
    };
    if (shape.honest)
      rows.push_back(
          {fmt::format("honest {}", shape.name), cast.a.name, cast.b.name, from(cast.a.ip(six))});
    for (const Ip& src : {cast.c.ip(six), Cast::Gateway(cast.a, six)})
      rows.push_back({fmt::format("{} from {}", shape.name, src), cast.a.name, "", from(src)});
  }
}

// ---- Frames that are neither IP nor ARP, or say that they are something else ----

void AddTags(const Cast& cast, bool six, Rows& rows) {
  const auto add = [&](const char* name, std::function<Bytes(uint16_t, const Bytes&)> tagged) {
    rows.push_back(
        {fmt::format("{}, {}", name, FamilyOf(six)), cast.a.name, "",
         [&cast, six, tagged](const Bytes& mark) -> Frames {
           const Ip &src = cast.a.ip(six), &dst = cast.b.ip(six);
           return {tagged(EthTypeOf(src), IpPacket(src, dst, kProtocolUdp, UdpOf(src, dst, mark)))};
         }});
  };
  const Mac src = cast.a.mac;
  add("VLAN 5", [src](uint16_t type, const Bytes& packet) {
    return Ethernet(src, kGatewayMac, kEthVlan, Tag(5, type, packet));
  });
  add("VLAN 0, a priority only", [src](uint16_t type, const Bytes& packet) {
    return Ethernet(src, kGatewayMac, kEthVlan, Tag(0xe000, type, packet));
  });
  add("VLAN 6 in VLAN 5", [src](uint16_t type, const Bytes& packet) {
    return Ethernet(src, kGatewayMac, kEthServiceVlan, Tag(5, kEthVlan, Tag(6, type, packet)));
  });
  add("service VLAN 5", [src](uint16_t type, const Bytes& packet) {
    return Ethernet(src, kGatewayMac, kEthServiceVlan, Tag(5, type, packet));
  });
  add("another pod's MAC, in SNAP", [&cast](uint16_t type, const Bytes& packet) {
    const Bytes snap = {0xaa, 0xaa, 3, 0, 0, 0, uint8_t(type >> 8), uint8_t(type & 0xff)};
    const Bytes payload = Concat({snap, packet});
    return Ethernet(cast.b.mac, kGatewayMac, static_cast<uint16_t>(payload.size()), payload);
  });
}

void AddStrangeFrames(const Cast& cast, Rows& rows) {
  struct Strange {
    const char* name;
    uint16_t type;
    Mac dst;
  };
  const Strange strangers[] = {
      {"LLDP", 0x88cc, Mac{{1, 0x80, 0xc2, 0, 0, 0x0e}}},
      {"STP", 38, Mac{{1, 0x80, 0xc2, 0, 0, 0}}},  // a length: LLC (IEEE 802.3)
      {"EAPOL", 0x888e, Mac{{1, 0x80, 0xc2, 0, 0, 3}}},
      {"flow control", 0x8808, Mac{{1, 0x80, 0xc2, 0, 0, 1}}},
      {"RARP", 0x8035, kBroadcastMac},
      {"MPLS", 0x8847, kGatewayMac},
      {"PPPoE", 0x8864, kGatewayMac},
      {"NSH", 0x894f, kGatewayMac},
      {"an experiment's ethertype", 0x88b5, kBroadcastMac},
  };
  for (const Strange& strange : strangers) {
    rows.push_back({strange.name, cast.a.name, "", [&cast, strange](const Bytes& mark) {
                      const Bytes bpdu = Concat({{0x42, 0x42, 3, 0, 0, 0, 0}, mark});
                      Frames frames;
                      for (const Mac& dst : {strange.dst, cast.b.mac, cast.node1.mac})
                        frames.push_back(Ethernet(cast.a.mac, dst, strange.type, bpdu));
                      return frames;
                    }});
  }
  const auto mislabelled = [&](const char* name, bool six) {
    rows.push_back({name, cast.a.name, "", [&cast, six](const Bytes& mark) {
                      const Ip &src = cast.b.ip(six), &dst = cast.c.ip(six);
                      return InEthernet(cast.a,
                                        {IpPacket(src, dst, kProtocolUdp, UdpOf(src, dst, mark))},
                                        six ? kEthIp4 : kEthIp6);
                    }});
  };
  mislabelled("IPv4 that calls itself IPv6", false);
  mislabelled("IPv6 that calls itself IPv4", true);
  rows.push_back({"an IPv4 header too short", cast.a.name, "", [&cast](const Bytes& mark) {
                    Bytes packet =
                        Ip4Packet({.src = cast.a.ip(false).v4(), .dst = cast.b.ip(false).v4()},
                                  UdpOf(cast.a.ip(false), cast.b.ip(false), mark));
                    packet[0] = 0x44;
                    return InEthernet(cast.a, {packet}, kEthIp4);
                  }});
}

}  // namespace

Bytes Datagram::Frame(const Bytes& mark) const {
  return Ethernet(eth_src, eth_dst, EthTypeOf(src),
                  IpPacket(src, dst, kProtocolUdp, UdpOf(src, dst, mark)));
}

Datagram Honest(const Actor& from, const Ip& to) {
  return {.eth_src = from.mac, .eth_dst = kGatewayMac, .src = from.ip(to.is6()), .dst = to};
}

std::vector<Row> PodRows(const Cast& cast) {
  Rows rows;
  for (const bool six : {false, true}) {
    AddHonest(cast, six, rows);
    AddSources(cast, six, rows);
    AddMacs(cast, six, rows);
    AddDestinations(cast, six, rows);
    AddShapes(cast, six, rows);
    AddTags(cast, six, rows);
  }
  AddStrangeFrames(cast, rows);
  return rows;
}

}  // namespace kvs::lab
