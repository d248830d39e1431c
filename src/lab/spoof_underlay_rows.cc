#include "lab/probe.h"
#include "lab/spoof_rows.h"
#include "pipeline/items.h"

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
Bytes OnWire(const Actor& from, const Cast& cast, const Bytes& packet, bool six) {
  return Ethernet(from.mac, cast.node1.mac, six ? kEthIp6 : kEthIp4, packet);
}

struct InnerClaim {
  std::string name;
  Ip src, dst;
  uint32_t key = kKey;
};

std::vector<InnerClaim> LiesOfANode(const Cast& cast, bool six) {
  const Ip a = cast.a.ip(six), c = cast.c.ip(six);
  return {
      {"source: a pod of the receiver's", cast.b.ip(six), a},
      {"source: the receiver's gateway", Cast::Gateway(cast.a, six), a},
      {"source: the receiver's address M", Cast::Snat(cast.a, six), a},
      {"source: the receiver", cast.node1.ip(six), a},
      {"source: a third node's pod", cast.d.ip(six), a},
      {"source: a third node's gateway", Cast::Gateway(cast.d, six), a},
      {"source: a third node", cast.node3.ip(six), a},
      {"source: the outside", cast.outside.ip(six), a},
      {"source: the virtual next hop", pipeline::NextHop(six), a},
      {"source: nobody", six ? Ip(Ip6{}) : Ip(Ip4{}), a},
      {"destination: the receiver", c, cast.node1.ip(six)},
      {"destination: the receiver's address M", c, Cast::Snat(cast.a, six)},
      {"destination: nobody's of the receiver", c, Cast::Nobody(cast.a, six)},
      {"destination: a third node's pod", c, cast.d.ip(six)},
      {"destination: a third node", c, cast.node3.ip(six)},
      {"destination: the outside", c, cast.outside.ip(six)},
      {"destination: loopback", c, Ip::Parse(six ? "::1" : "127.0.0.1").value()},
      {"destination: multicast", c, Ip::Parse(six ? "ff02::1" : "224.0.0.1").value()},
      {"key 8", c, a, 8},
      {"key 0", c, a, 0},
  };
}

// Through a tunnel from `from`, who has `outer` on the underlay.
Row TunnelRow(const Cast& cast, const Actor& from, const std::string& tap, const Kind& kind,
              const InnerClaim& claim, bool outer6) {
  return {
      fmt::format("{} over {} from {}, {}: {} to {}", kind.name, outer6 ? "IPv6" : "IPv4", tap,
                  claim.name, claim.src, claim.dst),
      tap, "", [&cast, &from, kind, claim, outer6](const Bytes& mark) -> Frames {
        const Tunnel tunnel{kind.encapsulation, from.ip(outer6), cast.node1.ip(outer6), claim.key};
        const Bytes inner = Routed(claim.src, claim.dst).Frame(mark);
        return {OnWire(from, cast, InTunnel(tunnel, inner), outer6)};
      }};
}

void AddTunnels(const Cast& cast, const std::string& overlay, Rows& rows) {
  for (const Kind& kind : kKinds) {
    for (const bool outer6 : {false, true}) {
      for (const bool six : {false, true}) {
        const InnerClaim truth{"honest", cast.c.ip(six), cast.a.ip(six)};
        for (const InnerClaim& claim : LiesOfANode(cast, six))
          rows.push_back(TunnelRow(cast, cast.node2, "node2/u0", kind, claim, outer6));
        rows.push_back(TunnelRow(cast, cast.outside, "outside", kind, truth, outer6));
        // A host that gets it takes it for an answer to a pod's own GRE (AddOwnTunnels), which has
        // no ports to tell by. In userspace the overlay's is not seen by the host.
        if (kind.is_gre() && (kind.name != overlay || KernelDatapath()))
          rows.back().passes = {"node1", cast.a.name};
        rows.push_back(TunnelRow(cast, cast.node2, "node2/u0", kind, truth, outer6));
        if (kind.name != overlay) continue;
        rows.back().passes = {cast.c.name};  // the echo server's answer
        // The kernel's datapath has GRE over IPv4 only.
        if (kind.is_gre() && outer6)
          rows.back().passes.insert(cast.a.name);
        else
          rows.back().to = cast.a.name;
      }
    }
  }
}

// In a tunnel what no node puts there: ARP, tags, Neighbor Discovery.
void AddStrangeInner(const Cast& cast, Rows& rows) {
  const auto add = [&](const char* name, std::function<Bytes(const Bytes& mark)> inner) {
    for (const Kind& kind : kKinds) {
      rows.push_back(
          {fmt::format("{} from node2/u0, {}", kind.name, name), "node2/u0", "",
           [&cast, kind, inner](const Bytes& mark) -> Frames {
             const Tunnel tunnel{kind.encapsulation, cast.node2.ip(false), cast.node1.ip(false)};
             return {OnWire(cast.node2, cast, InTunnel(tunnel, inner(mark)), false)};
           }});
    }
  };
  add("ARP", [&cast](const Bytes& mark) {
    const Bytes packet = ArpPacket({.sender_mac = cast.c.mac,
                                    .sender_ip = cast.c.ip(false).v4(),
                                    .target_ip = cast.a.ip(false).v4()});
    return Ethernet(cast.c.mac, cast.a.mac, kEthArp, Concat({packet, mark}));
  });
  add("a VLAN tag", [&cast](const Bytes& mark) {
    const Ip src = cast.c.ip(false), dst = cast.a.ip(false);
    const Bytes packet = IpPacket(src, dst, kProtocolUdp, Udp(src, dst, 40000, kEchoPort, mark));
    return Ethernet(cast.c.mac, cast.a.mac, kEthVlan, Tag(5, kEthIp4, packet));
  });
  for (const uint8_t type : {134, 136, 137}) {
    add(type == 134   ? "router advertisement"
        : type == 136 ? "neighbour advertisement"
                      : "redirect",
        [&cast, type](const Bytes& mark) {
          const Ip src = cast.c.ip(true), dst = cast.a.ip(true);
          const Bytes message = Icmp6(src, dst, type, 0, Concat({Bytes(20), mark}));
          return Ethernet(cast.c.mac, cast.a.mac, kEthIp6,
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

Bytes Forged(const Cast& cast, const Forgery& forgery, const Bytes& mark) {
  const Tunnel tunnel{forgery.kind.encapsulation, cast.a.ip(forgery.outer.is6()), forgery.outer};
  return InTunnel(tunnel, Routed(forgery.inner_src, forgery.inner_dst).Frame(mark));
}

// The same IP packet in two fragments, the first with `head` bytes of what IP carries.
Frames Split(const Bytes& packet, size_t head) {
  const bool six = packet[0] >> 4 == 6;
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

void AddForgeries(const Cast& cast, Rows& rows) {
  const auto add = [&](const std::string& shape, const Forgery& forgery, auto packets) {
    rows.push_back({fmt::format("{} by a pod to {}{}: {} to {}", forgery.kind.name, forgery.outer,
                                shape, forgery.inner_src, forgery.inner_dst),
                    cast.a.name, "", [&cast, forgery, packets](const Bytes& mark) {
                      Frames frames;
                      for (const Bytes& packet : packets(Forged(cast, forgery, mark)))
                        frames.push_back(
                            Ethernet(cast.a.mac, kGatewayMac, EthTypeOf(forgery.outer), packet));
                      return frames;
                    }});
  };
  const auto whole = [](const Bytes& packet) { return Frames{packet}; };
  for (const Kind& kind : kKinds) {
    for (const bool outer6 : {false, true}) {
      for (const bool six : {false, true}) {
        const Ip node2 = cast.node2.ip(outer6), c = cast.c.ip(six);
        for (const Ip& src : {cast.b.ip(six), Cast::Gateway(cast.a, six), cast.node1.ip(six),
                              cast.a.ip(six), cast.d.ip(six)})
          add("", {kind, node2, src, c}, whole);
        add("", {kind, node2, cast.b.ip(six), Cast::Gateway(cast.c, six)}, whole);
        add(", in fragments", {kind, node2, cast.b.ip(six), c},
            [](const Bytes& packet) { return Split(packet, 24); });
        add(", in small fragments", {kind, node2, cast.b.ip(six), c},
            [](const Bytes& packet) { return Split(packet, 8); });
        if (outer6) {
          add(", behind options", {kind, node2, cast.b.ip(six), c},
              [](const Bytes& packet) { return Frames{WithOptions(packet)}; });
          add(", in fragments, the first of options only", {kind, node2, cast.b.ip(six), c},
              [](const Bytes& packet) { return Split(WithOptions(packet), 8); });
        }
        // To its own node, which may hear it, and refuses it. (So does the pod then.)
        add("", {kind, cast.node1.ip(outer6), cast.c.ip(six), cast.b.ip(six)}, whole);
        rows.back().passes = {"node1", cast.a.name};
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
void AddTranslated(const Cast& cast, Rows& rows) {
  const auto add = [&](const std::string& name, const Forgery& forgery, auto change) {
    rows.push_back({fmt::format("{} by a pod to {}: {} to {}", forgery.kind.name, name,
                                forgery.inner_src, forgery.inner_dst),
                    cast.a.name,
                    "",
                    [&cast, forgery, change](const Bytes& mark) -> Frames {
                      return {Ethernet(cast.a.mac, kGatewayMac, EthTypeOf(forgery.outer),
                                       change(Forged(cast, forgery, mark)))};
                    },
                    {"node1", "node1/u0", "node3/u0"}});
  };
  const auto as_it_is = [](const Bytes& packet) { return packet; };
  const auto to_node_port = [](const Bytes& packet) { return ToPort(packet, kNodePort); };
  for (const bool six : {false, true}) {
    const Ip c = cast.c.ip(six);
    for (const Kind& kind : kKinds)
      for (const char* service : {kService4, kService6})
        for (const Ip& src : {cast.b.ip(six), Cast::Gateway(cast.a, six), cast.node1.ip(six)})
          add("a Service", {kind, Address(service), src, c}, as_it_is);
    for (const Ip& src : {cast.b.ip(six), cast.d.ip(six), cast.node3.ip(six)})
      add("a NodePort", {kKinds[0], cast.node3.ip(false), src, c}, to_node_port);
  }
}

// A pod may have tunnels of its own, to who is no node.
void AddOwnTunnels(const Cast& cast, Rows& rows) {
  for (const Kind& kind : kKinds) {
    for (const bool six : {false, true}) {
      const std::pair<Ip, std::string> ends[] = {{cast.b.ip(six), cast.b.name},
                                                 {cast.outside.ip(six), cast.outside.name}};
      for (const auto& [end, tap] : ends) {
        const Forgery honest{kind, end, Ip(Ip4{{192, 168, 7, 1}}), Ip(Ip4{{192, 168, 7, 2}})};
        rows.push_back({fmt::format("honest {} of a pod to {}", kind.name, end),
                        cast.a.name,
                        tap,
                        [&cast, honest](const Bytes& mark) -> Frames {
                          return {Ethernet(cast.a.mac, kGatewayMac, EthTypeOf(honest.outer),
                                           Forged(cast, honest, mark))};
                        },
                        {cast.a.name, "node1", "node1/u0"}});
      }
    }
  }
}

// ---- Without a tunnel: a node that forwards what the underlay sends it ----

void AddPlain(const Cast& cast, const std::string& overlay, Rows& rows) {
  for (const bool six : {false, true}) {
    const auto add = [&](const char* name, const Ip& src, const std::string& to) {
      rows.push_back({fmt::format("from the underlay, {}: {}", name, src),
                      "outside",
                      to,
                      [&cast, six, src](const Bytes& mark) -> Frames {
                        Datagram datagram = Routed(src, cast.a.ip(six));
                        datagram.eth_src = cast.outside.mac;
                        datagram.eth_dst = cast.node1.mac;
                        return {datagram.Frame(mark)};
                      },
                      {"node1"}});
      if (to.empty()) rows.back().passes.clear();
    };
    add("honest", cast.outside.ip(six), cast.a.name);
    if (overlay == "none") continue;  // there pods' packets do come that way
    add("a pod of the receiver's", cast.b.ip(six), "");
    add("a remote pod", cast.c.ip(six), "");
    add("the receiver's gateway", Cast::Gateway(cast.a, six), "");
    add("another node's gateway", Cast::Gateway(cast.c, six), "");
    add("the receiver", cast.node1.ip(six), "");
  }
}

}  // namespace

std::vector<Row> UnderlayRows(const Cast& cast, const std::string& overlay) {
  Rows rows;
  AddPlain(cast, overlay, rows);
  AddTunnels(cast, overlay, rows);
  AddStrangeInner(cast, rows);
  AddForgeries(cast, rows);
  AddTranslated(cast, rows);
  AddOwnTunnels(cast, rows);
  return rows;
}

}  // namespace kvs::lab
