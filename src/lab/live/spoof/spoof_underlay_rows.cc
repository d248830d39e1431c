#include "lab/live/spoof/spoof_rows.h"
#include "pipeline/items.h"
#include "probe/probe.h"

namespace kvs::lab {
namespace {

using pipeline::kGatewayMac;
using Rows = std::vector<Row>;
using Frames = std::vector<Bytes>;

constexpr uint32_t kKey = pipeline::kTunnelKey;

struct Kind {
  Encapsulation encapsulation;
  const char* name;

  bool is_gre() const { return encapsulation == Encapsulation::kGre; }
};
constexpr Kind kKinds[] = {{Encapsulation::kVxlan, "vxlan"},
                           {Encapsulation::kGeneve, "geneve"},
                           {Encapsulation::kGre, "gre"}};

// What a node puts into a tunnel: a datagram that it has routed.
Datagram Routed(const Ip& src, const Ip& dst) {
  return {.eth_src = kGatewayMac, .eth_dst = kGatewayMac, .src = src, .dst = dst};
}

// What arrives at node1's NIC.
Bytes OnWire(const Actor& from, const Hosts& hosts, const Bytes& packet, Family family) {
  return Ethernet(from.mac, hosts.node1.mac, family == Family::kIpv6 ? kEthIp6 : kEthIp4, packet);
}

struct InnerClaim {
  std::string name;
  Ip src, dst;
  uint32_t key = kKey;
};

std::vector<InnerClaim> LiesOfANode(const Hosts& hosts, Family family) {
  const Ip a = hosts.a.ip(family), c = hosts.c.ip(family);
  return {
      {"source: a pod of the receiver's", hosts.b.ip(family), a},
      {"source: the receiver's gateway", Hosts::Gateway(hosts.a, family), a},
      {"source: the receiver's address M", Hosts::Snat(hosts.a, family), a},
      {"source: the receiver", hosts.node1.ip(family), a},
      {"source: a third node's pod", hosts.d.ip(family), a},
      {"source: a third node's gateway", Hosts::Gateway(hosts.d, family), a},
      {"source: a third node", hosts.node3.ip(family), a},
      {"source: the outside", hosts.outside.ip(family), a},
      {"source: the virtual next hop", pipeline::NextHop(family), a},
      {"source: nobody", family == Family::kIpv6 ? Ip(Ip6{}) : Ip(Ip4{}), a},
      {"destination: the receiver", c, hosts.node1.ip(family)},
      {"destination: the receiver's address M", c, Hosts::Snat(hosts.a, family)},
      {"destination: nobody's of the receiver", c, Hosts::Nobody(hosts.a, family)},
      {"destination: a third node's pod", c, hosts.d.ip(family)},
      {"destination: a third node", c, hosts.node3.ip(family)},
      {"destination: the outside", c, hosts.outside.ip(family)},
      {"destination: loopback", c,
       Ip::Parse(family == Family::kIpv6 ? "::1" : "127.0.0.1").value()},
      {"destination: multicast", c,
       Ip::Parse(family == Family::kIpv6 ? "ff02::1" : "224.0.0.1").value()},
      {"key 8", c, a, 8},
      {"key 0", c, a, 0},
  };
}

// Through a tunnel from `from`, who has `outer` on the underlay.
Row TunnelRow(const Hosts& hosts, const Actor& from, const std::string& tap, const Kind& kind,
              const InnerClaim& claim, Family outer) {
  return {
      fmt::format("{} over {} from {}, {}: {} to {}", kind.name,
                  outer == Family::kIpv6 ? "IPv6" : "IPv4", tap, claim.name, claim.src, claim.dst),
      tap, "", [&hosts, &from, kind, claim, outer](const Bytes& mark) -> Frames {
        const Tunnel tunnel{kind.encapsulation, from.ip(outer), hosts.node1.ip(outer), claim.key};
        const Bytes inner = Routed(claim.src, claim.dst).Frame(mark);
        return {OnWire(from, hosts, InTunnel(tunnel, inner), outer)};
      }};
}

void AddTunnels(const Hosts& hosts, const std::string& overlay, Rows& rows) {
  for (const Kind& kind : kKinds) {
    for (const Family outer : kFamilies) {
      for (const Family family : kFamilies) {
        const InnerClaim truth{"honest", hosts.c.ip(family), hosts.a.ip(family)};
        for (const InnerClaim& claim : LiesOfANode(hosts, family))
          rows.push_back(TunnelRow(hosts, hosts.node2, "node2/u0", kind, claim, outer));
        rows.push_back(TunnelRow(hosts, hosts.outside, "outside", kind, truth, outer));
        // A host that gets it takes it for an answer to a pod's own GRE (AddOwnTunnels), which has
        // no ports to tell by. In userspace the overlay's is not seen by the host.
        if (kind.is_gre() && (kind.name != overlay || KernelDatapath()))
          rows.back().passes = {"node1", hosts.a.name};
        rows.push_back(TunnelRow(hosts, hosts.node2, "node2/u0", kind, truth, outer));
        if (kind.name != overlay) continue;
        rows.back().passes = {hosts.c.name};  // the echo server's answer
        // The kernel's datapath has GRE over IPv4 only.
        if (kind.is_gre() && outer == Family::kIpv6)
          rows.back().passes.insert(hosts.a.name);
        else
          rows.back().to = hosts.a.name;
      }
    }
  }
}

// In a tunnel what no node puts there: ARP, tags, Neighbor Discovery.
void AddStrangeInner(const Hosts& hosts, Rows& rows) {
  const auto add = [&](const char* name, std::function<Bytes(const Bytes& mark)> inner) {
    for (const Kind& kind : kKinds) {
      rows.push_back(
          {fmt::format("{} from node2/u0, {}", kind.name, name), "node2/u0", "",
           [&hosts, kind, inner](const Bytes& mark) -> Frames {
             const Tunnel tunnel{kind.encapsulation, hosts.node2.ip(Family::kIpv4),
                                 hosts.node1.ip(Family::kIpv4)};
             return {OnWire(hosts.node2, hosts, InTunnel(tunnel, inner(mark)), Family::kIpv4)};
           }});
    }
  };
  add("ARP", [&hosts](const Bytes& mark) {
    const Bytes packet = ArpPacket({.sender_mac = hosts.c.mac,
                                    .sender_ip = hosts.c.ip(Family::kIpv4).v4(),
                                    .target_ip = hosts.a.ip(Family::kIpv4).v4()});
    return Ethernet(hosts.c.mac, hosts.a.mac, kEthArp, Concat({packet, mark}));
  });
  add("a VLAN tag", [&hosts](const Bytes& mark) {
    const Ip src = hosts.c.ip(Family::kIpv4), dst = hosts.a.ip(Family::kIpv4);
    const Bytes packet =
        IpPacket(src, dst, kProtocolUdp, Udp(src, dst, 40000, probe::kEchoPort, mark));
    return Ethernet(hosts.c.mac, hosts.a.mac, kEthVlan, Tag(5, kEthIp4, packet));
  });
  for (const uint8_t type : {134, 136, 137}) {
    add(type == 134   ? "router advertisement"
        : type == 136 ? "neighbour advertisement"
                      : "redirect",
        [&hosts, type](const Bytes& mark) {
          const Ip src = hosts.c.ip(Family::kIpv6), dst = hosts.a.ip(Family::kIpv6);
          const Bytes message = Icmp6(src, dst, type, 0, Concat({Bytes(20), mark}));
          return Ethernet(hosts.c.mac, hosts.a.mac, kEthIp6,
                          IpPacket(src, dst, kProtocolIcmp6, message, 255));
        });
  }
}

// ---- A pod that makes tunnel packets itself ----

// As `shape` says, on its way from pod a to `outer`; within it a lie that node1 could tell.
struct Forgery {
  Kind kind;
  Ip outer;
  Ip inner_src, inner_dst;
};

Bytes Forged(const Hosts& hosts, const Forgery& forgery, const Bytes& mark) {
  const Tunnel tunnel{forgery.kind.encapsulation, hosts.a.ip(forgery.outer.family()),
                      forgery.outer};
  return InTunnel(tunnel, Routed(forgery.inner_src, forgery.inner_dst).Frame(mark));
}

// The same IP packet in two fragments, the first with `head` bytes of what IP carries.
Frames Split(const Bytes& packet, size_t head) {
  const bool six = packet[0] >> 4 == 6;  // the IP version
  const size_t header = six ? 40 : 20;
  const auto cut = packet.begin() + static_cast<ptrdiff_t>(header + head);
  const Bytes first(packet.begin() + static_cast<ptrdiff_t>(header), cut), rest(cut, packet.end());
  const auto units = static_cast<uint16_t>(head / 8);
  if (!six) {
    Ip4 src, dst;
    std::copy_n(packet.begin() + 12, 4, src.bytes.begin());
    std::copy_n(packet.begin() + 16, 4, dst.bytes.begin());
    return {Ip4Packet({.src = src, .dst = dst, .protocol = packet[9], .more = true}, first),
            Ip4Packet({.src = src, .dst = dst, .protocol = packet[9], .fragment = units}, rest)};
  }
  Ip6Header ip{.next = kProtocolFragment};
  std::copy_n(packet.begin() + 8, 16, ip.src.bytes.begin());
  std::copy_n(packet.begin() + 24, 16, ip.dst.bytes.begin());
  return {Ip6Packet(ip, Ip6Fragment(packet[6], 0, true, first)),
          Ip6Packet(ip, Ip6Fragment(packet[6], units, false, rest))};
}

// An IPv6 packet with destination options before what it carries.
Bytes WithOptions(const Bytes& packet) {
  Ip6Header ip{.next = kProtocolDestinationOptions};
  std::copy_n(packet.begin() + 8, 16, ip.src.bytes.begin());
  std::copy_n(packet.begin() + 24, 16, ip.dst.bytes.begin());
  return Ip6Packet(ip, Ip6Extension(kProtocolDestinationOptions, packet[6],
                                    Bytes(packet.begin() + 40, packet.end())));
}

void AddForgeries(const Hosts& hosts, Rows& rows) {
  const auto add = [&](const std::string& shape, const Forgery& forgery, auto packets) {
    rows.push_back({fmt::format("{} by a pod to {}{}: {} to {}", forgery.kind.name, forgery.outer,
                                shape, forgery.inner_src, forgery.inner_dst),
                    hosts.a.name, "", [&hosts, forgery, packets](const Bytes& mark) {
                      Frames frames;
                      for (const Bytes& packet : packets(Forged(hosts, forgery, mark)))
                        frames.push_back(
                            Ethernet(hosts.a.mac, kGatewayMac, EthTypeOf(forgery.outer), packet));
                      return frames;
                    }});
  };
  const auto whole = [](const Bytes& packet) { return Frames{packet}; };
  for (const Kind& kind : kKinds) {
    for (const Family outer : kFamilies) {
      for (const Family family : kFamilies) {
        const Ip node2 = hosts.node2.ip(outer), c = hosts.c.ip(family);
        for (const Ip& src : {hosts.b.ip(family), Hosts::Gateway(hosts.a, family),
                              hosts.node1.ip(family), hosts.a.ip(family), hosts.d.ip(family)})
          add("", {kind, node2, src, c}, whole);
        add("", {kind, node2, hosts.b.ip(family), Hosts::Gateway(hosts.c, family)}, whole);
        add(", in fragments", {kind, node2, hosts.b.ip(family), c},
            [](const Bytes& packet) { return Split(packet, 24); });
        add(", in small fragments", {kind, node2, hosts.b.ip(family), c},
            [](const Bytes& packet) { return Split(packet, 8); });
        if (outer == Family::kIpv6) {
          add(", behind options", {kind, node2, hosts.b.ip(family), c},
              [](const Bytes& packet) { return Frames{WithOptions(packet)}; });
          add(", in fragments, the first of options only", {kind, node2, hosts.b.ip(family), c},
              [](const Bytes& packet) { return Split(WithOptions(packet), 8); });
        }
        // To its own node, which may hear it, and refuses it. (So does the pod then.)
        add("", {kind, hosts.node1.ip(outer), hosts.c.ip(family), hosts.b.ip(family)}, whole);
        rows.back().passes = {"node1", hosts.a.name};
      }
    }
  }
}

// To another UDP port; IPv4, where no checksum is one (RFC 768).
Bytes ToPort(Bytes packet, uint16_t port) {
  constexpr size_t kUdp = 20;
  packet[kUdp + 2] = static_cast<uint8_t>(port >> 8);
  packet[kUdp + 3] = static_cast<uint8_t>(port);
  packet[kUdp + 6] = packet[kUdp + 7] = 0;
  return packet;
}

// A pod that has its packets translated: a Service whose endpoint is node2's end of the tunnel, and
// a NodePort of node3's that leads there.
void AddTranslated(const Hosts& hosts, Rows& rows) {
  const auto add = [&](const std::string& name, const Forgery& forgery, auto change) {
    rows.push_back({fmt::format("{} by a pod to {}: {} to {}", forgery.kind.name, name,
                                forgery.inner_src, forgery.inner_dst),
                    hosts.a.name,
                    "",
                    [&hosts, forgery, change](const Bytes& mark) -> Frames {
                      return {Ethernet(hosts.a.mac, kGatewayMac, EthTypeOf(forgery.outer),
                                       change(Forged(hosts, forgery, mark)))};
                    },
                    {"node1", "node1/u0", "node3/u0"}});
  };
  const auto as_it_is = [](const Bytes& packet) { return packet; };
  const auto to_node_port = [](const Bytes& packet) { return ToPort(packet, kNodePort); };
  for (const Family family : kFamilies) {
    const Ip c = hosts.c.ip(family);
    for (const Kind& kind : kKinds)
      for (const char* service : {kService4, kService6})
        for (const Ip& src :
             {hosts.b.ip(family), Hosts::Gateway(hosts.a, family), hosts.node1.ip(family)})
          add("a Service", {kind, Address(service), src, c}, as_it_is);
    for (const Ip& src : {hosts.b.ip(family), hosts.d.ip(family), hosts.node3.ip(family)})
      add("a NodePort", {kKinds[0], hosts.node3.ip(Family::kIpv4), src, c}, to_node_port);
  }
}

// A pod may have tunnels of its own, to who is no node.
void AddOwnTunnels(const Hosts& hosts, Rows& rows) {
  for (const Kind& kind : kKinds) {
    for (const Family family : kFamilies) {
      const std::pair<Ip, std::string> ends[] = {{hosts.b.ip(family), hosts.b.name},
                                                 {hosts.outside.ip(family), hosts.outside.name}};
      for (const auto& [end, tap] : ends) {
        const Forgery honest{kind, end, Ip(Ip4{{192, 168, 7, 1}}), Ip(Ip4{{192, 168, 7, 2}})};
        rows.push_back({fmt::format("honest {} of a pod to {}", kind.name, end),
                        hosts.a.name,
                        tap,
                        [&hosts, honest](const Bytes& mark) -> Frames {
                          return {Ethernet(hosts.a.mac, kGatewayMac, EthTypeOf(honest.outer),
                                           Forged(hosts, honest, mark))};
                        },
                        {hosts.a.name, "node1", "node1/u0"}});
      }
    }
  }
}

// ---- Without a tunnel: a node that forwards what the underlay sends it ----

void AddPlain(const Hosts& hosts, const std::string& overlay, Rows& rows) {
  for (const Family family : kFamilies) {
    const auto add = [&](const char* name, const Ip& src, const std::string& to) {
      rows.push_back({fmt::format("from the underlay, {}: {}", name, src),
                      "outside",
                      to,
                      [&hosts, family, src](const Bytes& mark) -> Frames {
                        Datagram datagram = Routed(src, hosts.a.ip(family));
                        datagram.eth_src = hosts.outside.mac;
                        datagram.eth_dst = hosts.node1.mac;
                        return {datagram.Frame(mark)};
                      },
                      {"node1"}});
      if (to.empty()) rows.back().passes.clear();
    };
    add("honest", hosts.outside.ip(family), hosts.a.name);
    if (overlay == "none") continue;  // there pods' packets do come that way
    add("a pod of the receiver's", hosts.b.ip(family), "");
    add("a remote pod", hosts.c.ip(family), "");
    add("the receiver's gateway", Hosts::Gateway(hosts.a, family), "");
    add("another node's gateway", Hosts::Gateway(hosts.c, family), "");
    add("the receiver", hosts.node1.ip(family), "");
  }
}

}  // namespace

std::vector<Row> UnderlayRows(const Hosts& hosts, const std::string& overlay) {
  Rows rows;
  AddPlain(hosts, overlay, rows);
  AddTunnels(hosts, overlay, rows);
  AddStrangeInner(hosts, rows);
  AddForgeries(hosts, rows);
  AddTranslated(hosts, rows);
  AddOwnTunnels(hosts, rows);
  return rows;
}

}  // namespace kvs::lab
