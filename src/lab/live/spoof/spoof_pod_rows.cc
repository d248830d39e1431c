#include "lab/live/spoof/spoof_rows.h"
#include "pipeline/items.h"
#include "probe/probe.h"

namespace kvs::lab {
namespace {

using pipeline::kBroadcastMac;
using pipeline::kGatewayMac;
using Rows = std::vector<Row>;
using Frames = std::vector<Bytes>;

constexpr uint16_t kClientPort = 40000;
constexpr Mac kMulticastMac{{0x01, 0x00, 0x5e, 0x00, 0x00, 0x01}};

Bytes UdpOf(const Ip& src, const Ip& dst, const Bytes& payload) {
  return Udp(src, dst, kClientPort, probe::kEchoPort, payload);
}

struct Claim {
  std::string what;
  Ip ip;
};

std::vector<Claim> SourcesOfOthers(const Hosts& hosts, Family family) {
  std::vector<Claim> claims = {
      {"another pod's", hosts.b.ip(family)},
      {"a remote pod's", hosts.c.ip(family)},
      {"nobody's of the node's range", Hosts::Nobody(hosts.a, family)},
      {"the node's", hosts.node1.ip(family)},
      {"another node's", hosts.node2.ip(family)},
      {"the gateway's", Hosts::Gateway(hosts.a, family)},
      {"another node's gateway's", Hosts::Gateway(hosts.c, family)},
      {"the address M", Hosts::Snat(hosts.a, family)},
      {"the virtual next hop's", pipeline::NextHop(family)},
      {"the outside's", hosts.outside.ip(family)},
  };
  const std::vector<Claim> more =
      family == Family::kIpv6
          ? std::vector<Claim>{{"none", Address("::")},
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

std::vector<Ip> EveryKindOfDestination(const Hosts& hosts, Family family) {
  return {hosts.b.ip(family),     hosts.c.ip(family),     Hosts::Gateway(hosts.a, family),
          hosts.node1.ip(family), hosts.node2.ip(family), hosts.outside.ip(family)};
}

const char* FamilyOf(Family family) { return family == Family::kIpv6 ? "IPv6" : "IPv4"; }

// From a to `to` and to everybody else, each datagram changed by `lie`.
template <class Lie>
Frames ToEverybody(const Hosts& hosts, Family family, const Bytes& mark, Lie lie) {
  Frames frames;
  for (const Ip& dst : EveryKindOfDestination(hosts, family)) {
    Datagram datagram = Honest(hosts.a, dst);
    lie(datagram);
    frames.push_back(datagram.Frame(mark));
  }
  return frames;
}

void AddHonest(const Hosts& hosts, Family family, Rows& rows) {
  const auto add = [&](const std::string& what, const Ip& dst, const std::string& to,
                       std::set<std::string> passes) {
    rows.push_back({fmt::format("honest {} to {}", FamilyOf(family), what), hosts.a.name, to,
                    [datagram = Honest(hosts.a, dst)](const Bytes& mark) -> Frames {
                      return {datagram.Frame(mark)};
                    },
                    std::move(passes)});
  };
  add("a pod here", hosts.b.ip(family), hosts.b.name, {});
  add("itself", hosts.a.ip(family), hosts.a.name, {});
  // (Without an overlay the nodes' kernels pass it on.)
  add("a remote pod", hosts.c.ip(family), hosts.c.name, {"node1", "node2", "node1/u0", "node2/u0"});
  add("the gateway", Hosts::Gateway(hosts.a, family), "node1", {});
  add("its node", hosts.node1.ip(family), "node1", {});
  add("another node", hosts.node2.ip(family), "node2/u0", {"node1", "node1/u0"});
  add("the outside", hosts.outside.ip(family), "outside", {"node1", "node1/u0"});
}

void AddSources(const Hosts& hosts, Family family, Rows& rows) {
  for (const Claim& claim : SourcesOfOthers(hosts, family)) {
    rows.push_back({fmt::format("{} source: {}, {}", FamilyOf(family), claim.what, claim.ip),
                    hosts.a.name, "", [&hosts, family, ip = claim.ip](const Bytes& mark) {
                      return ToEverybody(hosts, family, mark, [&](Datagram& d) { d.src = ip; });
                    }});
  }
}

void AddMacs(const Hosts& hosts, Family family, Rows& rows) {
  const std::pair<const char*, Mac> claims[] = {
      {"another pod's", hosts.b.mac},  {"the gateway's", kGatewayMac},
      {"the node's", hosts.node1.mac}, {"multicast", kMulticastMac},
      {"broadcast", kBroadcastMac},    {"none", Mac()},
  };
  for (const auto& [what, mac] : claims) {
    rows.push_back({fmt::format("source MAC with its own {}: {}", FamilyOf(family), what),
                    hosts.a.name, "", [&hosts, family, mac](const Bytes& mark) {
                      return ToEverybody(hosts, family, mark,
                                         [&](Datagram& d) { d.eth_src = mac; });
                    }});
  }
  rows.push_back({fmt::format("another pod's MAC and {}", FamilyOf(family)), hosts.a.name, "",
                  [&hosts, family](const Bytes& mark) {
                    return ToEverybody(hosts, family, mark, [&](Datagram& d) {
                      d.eth_src = hosts.b.mac;
                      d.src = hosts.b.ip(family);
                    });
                  }});
}

// With the true source, to where nobody routes.
void AddDestinations(const Hosts& hosts, Family family, Rows& rows) {
  std::vector<Ip> destinations = {Hosts::Nobody(hosts.a, family), Hosts::Snat(hosts.a, family)};
  for (const char* text :
       family == Family::kIpv6
           ? std::vector{"::", "::1", "fe80::a:1", "fe80::1", "ff02::1", "ff02::2", "ff02::fb",
                         "ff05::1:3", "ff0e::1"}
           : std::vector{"0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "224.0.0.251", "239.1.1.1",
                         "240.0.0.1", "255.255.255.255"})
    destinations.push_back(Address(text));
  for (const Ip& dst : destinations) {
    rows.push_back(
        {fmt::format("destination {}", dst), hosts.a.name, "", [&hosts, dst](const Bytes& mark) {
           Frames frames;
           for (const Mac& mac : {kGatewayMac, kBroadcastMac, hosts.b.mac}) {
             Datagram datagram = Honest(hosts.a, dst);
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

void AddShapes(const Hosts& hosts, Family family, Rows& rows) {
  struct Shape {
    const char* name;
    Packets packets;
    bool honest;  // it arrives, if its source is true
  };
  const std::vector<Shape> shapes =
      family == Family::kIpv6
          ? std::vector<Shape>{{"IPv6 in fragments", Fragments6, true},
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
    const auto from = [&hosts, family, packets = shape.packets](const Ip& src) {
      return [&hosts, family, packets, src](const Bytes& mark) {
        return InEthernet(hosts.a, packets(src, hosts.b.ip(family), mark), EthTypeOf(src));
      };
    };
    if (shape.honest)
      rows.push_back({fmt::format("honest {}", shape.name), hosts.a.name, hosts.b.name,
                      from(hosts.a.ip(family))});
    for (const Ip& src : {hosts.c.ip(family), Hosts::Gateway(hosts.a, family)})
      rows.push_back({fmt::format("{} from {}", shape.name, src), hosts.a.name, "", from(src)});
  }
}

// ---- Frames that are neither IP nor ARP, or say that they are something else ----

void AddTags(const Hosts& hosts, Family family, Rows& rows) {
  const auto add = [&](const char* name, std::function<Bytes(uint16_t, const Bytes&)> tagged) {
    rows.push_back(
        {fmt::format("{}, {}", name, FamilyOf(family)), hosts.a.name, "",
         [&hosts, family, tagged](const Bytes& mark) -> Frames {
           const Ip &src = hosts.a.ip(family), &dst = hosts.b.ip(family);
           return {tagged(EthTypeOf(src), IpPacket(src, dst, kProtocolUdp, UdpOf(src, dst, mark)))};
         }});
  };
  const Mac src = hosts.a.mac;
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
  add("another pod's MAC, in SNAP", [&hosts](uint16_t type, const Bytes& packet) {
    const Bytes snap = {0xaa, 0xaa, 3, 0, 0, 0, uint8_t(type >> 8), uint8_t(type & 0xff)};
    const Bytes payload = Concat({snap, packet});
    return Ethernet(hosts.b.mac, kGatewayMac, static_cast<uint16_t>(payload.size()), payload);
  });
}

void AddStrangeFrames(const Hosts& hosts, Rows& rows) {
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
    rows.push_back({strange.name, hosts.a.name, "", [&hosts, strange](const Bytes& mark) {
                      const Bytes bpdu = Concat({{0x42, 0x42, 3, 0, 0, 0, 0}, mark});
                      Frames frames;
                      for (const Mac& dst : {strange.dst, hosts.b.mac, hosts.node1.mac})
                        frames.push_back(Ethernet(hosts.a.mac, dst, strange.type, bpdu));
                      return frames;
                    }});
  }
  const auto mislabelled = [&](const char* name, Family family) {
    rows.push_back({name, hosts.a.name, "", [&hosts, family](const Bytes& mark) {
                      const Ip &src = hosts.b.ip(family), &dst = hosts.c.ip(family);
                      return InEthernet(hosts.a,
                                        {IpPacket(src, dst, kProtocolUdp, UdpOf(src, dst, mark))},
                                        family == Family::kIpv6 ? kEthIp4 : kEthIp6);
                    }});
  };
  mislabelled("IPv4 that calls itself IPv6", Family::kIpv4);
  mislabelled("IPv6 that calls itself IPv4", Family::kIpv6);
  rows.push_back(
      {"an IPv4 header too short", hosts.a.name, "", [&hosts](const Bytes& mark) {
         Bytes packet = Ip4Packet(
             {.src = hosts.a.ip(Family::kIpv4).v4(), .dst = hosts.b.ip(Family::kIpv4).v4()},
             UdpOf(hosts.a.ip(Family::kIpv4), hosts.b.ip(Family::kIpv4), mark));
         packet[0] = 0x44;
         return InEthernet(hosts.a, {packet}, kEthIp4);
       }});
}

}  // namespace

Bytes Datagram::Frame(const Bytes& mark) const {
  return Ethernet(eth_src, eth_dst, EthTypeOf(src),
                  IpPacket(src, dst, kProtocolUdp, UdpOf(src, dst, mark)));
}

Datagram Honest(const Actor& from, const Ip& to) {
  return {.eth_src = from.mac, .eth_dst = kGatewayMac, .src = from.ip(to.family()), .dst = to};
}

std::vector<Row> PodRows(const Hosts& hosts) {
  Rows rows;
  for (const Family family : kFamilies) {
    AddHonest(hosts, family, rows);
    AddSources(hosts, family, rows);
    AddMacs(hosts, family, rows);
    AddDestinations(hosts, family, rows);
    AddShapes(hosts, family, rows);
    AddTags(hosts, family, rows);
  }
  AddStrangeFrames(hosts, rows);
  return rows;
}

}  // namespace kvs::lab
