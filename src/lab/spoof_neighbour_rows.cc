#include <optional>

#include "lab/spoof_rows.h"
#include "pipeline/items.h"

namespace kvs::lab {
namespace {

using pipeline::kBroadcastMac;
using pipeline::kGatewayMac;
using Rows = std::vector<Row>;
using Frames = std::vector<Bytes>;

constexpr Mac kAllNodesMac{{0x33, 0x33, 0, 0, 0, 1}};

Ip4 Four(const Actor& actor) { return actor.ip(false).v4(); }

// ---- ARP (RFC 826, RFC 5227) ----

struct ArpClaim {
  std::string name;
  Mac eth_src;
  Arp arp;
};

// To everybody, to the other pod, to the switch. The mark is in the padding.
Row ArpRow(const Cast& cast, const ArpClaim& claim) {
  return {"ARP: " + claim.name, cast.a.name, "", [&cast, claim](const Bytes& mark) {
            Frames frames;
            for (const Mac& dst : {kBroadcastMac, cast.b.mac, kGatewayMac})
              frames.push_back(
                  Ethernet(claim.eth_src, dst, kEthArp, Concat({ArpPacket(claim.arp), mark})));
            return frames;
          }};
}

void AddArp(const Cast& cast, Rows& rows) {
  const Mac own = cast.a.mac;
  const Arp honest{.sender_mac = own, .sender_ip = Four(cast.a), .target_ip = pipeline::kNextHop4};
  const auto lie = [&](const std::string& name, auto change) {
    ArpClaim claim{name, own, honest};
    change(claim);
    rows.push_back(ArpRow(cast, claim));
  };
  rows.push_back(ArpRow(cast, {"honest request for the next hop", own, honest}));
  rows.back().to = cast.a.name;  // the switch answers, and nobody else hears it
  for (const Ip& target : {cast.b.ip(false), cast.c.ip(false), Cast::Gateway(cast.a, false)})
    lie(fmt::format("request for {}", target), [&](ArpClaim& c) { c.arp.target_ip = target.v4(); });

  const std::pair<const char*, Ip> others[] = {
      {"another pod", cast.b.ip(false)},
      {"a remote pod", cast.c.ip(false)},
      {"the gateway", Cast::Gateway(cast.a, false)},
      {"the virtual next hop", pipeline::NextHop(false)},
      {"the node", cast.node1.ip(false)},
      {"nobody", Ip(Ip4{})},
  };
  for (const auto& [who, ip] : others) {
    for (const uint16_t op : {1, 2})
      lie(fmt::format("operation {} of {}'s IP", op, who), [&](ArpClaim& c) {
        c.arp.op = op;
        c.arp.sender_ip = ip.v4();
      });
    lie(fmt::format("gratuitous for {}", who),
        [&](ArpClaim& c) { c.arp.sender_ip = c.arp.target_ip = ip.v4(); });
  }
  for (const uint16_t op : {1, 2}) {
    for (const Mac& mac : {cast.b.mac, kGatewayMac, kBroadcastMac, Mac()}) {
      lie(fmt::format("operation {}, sender's MAC {}", op, mac), [&](ArpClaim& c) {
        c.arp.op = op;
        c.arp.sender_mac = mac;
      });
      lie(fmt::format("operation {}, Ethernet source {}", op, mac), [&](ArpClaim& c) {
        c.arp.op = op;
        c.eth_src = mac;
      });
    }
  }
  lie("another pod's IP and MAC", [&](ArpClaim& c) {
    c.eth_src = c.arp.sender_mac = cast.b.mac;
    c.arp.sender_ip = Four(cast.b);
  });
  lie("a reply that nobody asked for", [&](ArpClaim& c) {
    c.arp.op = 2;
    c.arp.target_mac = cast.b.mac;
  });
  lie("a request for its own address", [&](ArpClaim& c) { c.arp.target_ip = Four(cast.a); });
  lie("a request for the world", [&](ArpClaim& c) { c.arp.target_ip = Four(cast.outside); });
  for (const uint16_t op : {0, 3, 4, 8, 9})
    lie(fmt::format("operation {}", op), [&](ArpClaim& c) { c.arp.op = op; });
}

// ---- Neighbor Discovery (RFC 4861) ----

constexpr uint8_t kRouterSolicitation = 133, kRouterAdvertisement = 134, kSolicitation = 135,
                  kAdvertisement = 136, kRedirect = 137;

struct NdClaim {
  std::string name;
  uint8_t type = 0;
  uint8_t code = 0;
  Mac link;  // in the message's option
  Ip src;
  Ip target;
  std::optional<uint8_t> extension = {};  // header before the message
};

Bytes NdBody(const NdClaim& claim, const Bytes& mark) {
  const Bytes target(claim.target.data(), claim.target.data() + 16);
  const Bytes source_link = NdLinkAddress(1, claim.link),
              target_link = NdLinkAddress(2, claim.link);
  // The mark goes last: an option of a type that nobody knows, 24 bytes.
  const Bytes last = Concat({{253, 3}, mark, Bytes(6)});
  switch (claim.type) {
    case kRouterSolicitation:
      return Concat({Bytes(4), source_link, last});
    case kRouterAdvertisement:  // hop limit 64, a default route for 1800 s
      return Concat({{64, 0, 7, 8}, Bytes(8), source_link, last});
    case kRedirect:
      return Concat({Bytes(4), target, target, target_link, last});
    case kAdvertisement:  // solicited, override
      return Concat({{0x60, 0, 0, 0}, target, target_link, last});
    default:
      return Concat({Bytes(4), target, source_link, last});
  }
}

// To all nodes, to another pod, to what of the host is in reach.
Row NdRow(const Cast& cast, const NdClaim& claim) {
  return {"ND: " + claim.name, cast.a.name, "", [&cast, claim](const Bytes& mark) {
            Frames frames;
            for (const auto& [dst, mac] : {std::pair(Address("ff02::1"), kAllNodesMac),
                                           std::pair(cast.b.ip(true), cast.b.mac),
                                           std::pair(Cast::Gateway(cast.a, true), kGatewayMac),
                                           std::pair(cast.node1.ip(true), kGatewayMac)}) {
              Bytes message = Icmp6(claim.src, dst, claim.type, claim.code, NdBody(claim, mark));
              uint8_t next = kProtocolIcmp6;
              if (claim.extension) {
                message = Ip6Extension(*claim.extension, next, message);
                next = *claim.extension;
              }
              frames.push_back(
                  Ethernet(cast.a.mac, mac, kEthIp6, IpPacket(claim.src, dst, next, message, 255)));
            }
            return frames;
          }};
}

void AddNeighborDiscovery(const Cast& cast, Rows& rows) {
  const Ip own = cast.a.ip(true);
  const std::pair<uint8_t, const char*> types[] = {{kRouterSolicitation, "router solicitation"},
                                                   {kRouterAdvertisement, "router advertisement"},
                                                   {kAdvertisement, "neighbour advertisement"},
                                                   {kRedirect, "redirect"}};
  const std::pair<const char*, Ip> sources[] = {{"itself", own},
                                                {"another pod", cast.b.ip(true)},
                                                {"the gateway", Cast::Gateway(cast.a, true)},
                                                {"the virtual next hop", pipeline::NextHop(true)},
                                                {"nobody", Ip(Ip6{})}};
  for (const auto& [type, name] : types) {
    for (const auto& [who, src] : sources) {
      const NdClaim claim{
          fmt::format("{} from {}", name, who), type, 0, cast.a.mac, src, cast.b.ip(true)};
      rows.push_back(NdRow(cast, claim));
    }
    NdClaim claim{fmt::format("{} of code 1", name), type, 1, cast.a.mac, own, cast.b.ip(true)};
    rows.push_back(NdRow(cast, claim));
    for (const uint8_t extension : {kProtocolHopByHop, kProtocolDestinationOptions}) {
      claim.code = 0;
      claim.extension = extension;
      claim.name = fmt::format("{} behind extension header {}", name, extension);
      rows.push_back(NdRow(cast, claim));
    }
  }
  const auto solicitation = [&](const char* name, const Ip& src, const Mac& link,
                                const Ip& target) {
    rows.push_back(NdRow(cast, {name, kSolicitation, 0, link, src, target}));
  };
  const Ip gateway = Cast::Gateway(cast.a, true), next_hop = pipeline::NextHop(true);
  solicitation("solicitation from another pod", cast.b.ip(true), cast.a.mac, next_hop);
  solicitation("solicitation from the gateway", gateway, cast.a.mac, next_hop);
  solicitation("solicitation with another pod's MAC", own, cast.b.mac, next_hop);
  solicitation("solicitation for another pod", own, cast.a.mac, cast.b.ip(true));
  solicitation("solicitation for its own address", own, cast.a.mac, own);
  solicitation("duplicate address detection", Ip(Ip6{}), cast.a.mac, cast.b.ip(true));
}

// ---- DHCP servers (RFC 2131, RFC 8415): true addresses, a part that no pod may play ----

void AddServers(const Cast& cast, Rows& rows) {
  struct Server {
    const char* name;
    bool six;
    uint16_t from, to;
  };
  for (const Server& server :
       {Server{"a DHCP server", false, 67, 68}, Server{"a DHCPv6 server", true, 547, 546}}) {
    rows.push_back(
        {server.name, cast.a.name, "", [&cast, server](const Bytes& mark) {
           const Ip src = cast.a.ip(server.six);
           const Ip everybody = Address(server.six ? "ff02::1" : "255.255.255.255");
           Frames frames;
           for (const Ip& dst :
                {cast.b.ip(server.six), everybody, Cast::Gateway(cast.a, server.six)})
             frames.push_back(Ethernet(
                 cast.a.mac, kBroadcastMac, server.six ? kEthIp6 : kEthIp4,
                 IpPacket(src, dst, kProtocolUdp, Udp(src, dst, server.from, server.to, mark))));
           return frames;
         }});
  }
}

}  // namespace

std::vector<Row> NeighbourRows(const Cast& cast) {
  Rows rows;
  AddArp(cast, rows);
  AddNeighborDiscovery(cast, rows);
  AddServers(cast, rows);
  return rows;
}

}  // namespace kvs::lab
