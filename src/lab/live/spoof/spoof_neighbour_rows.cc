#include <optional>

#include "lab/live/spoof/spoof_rows.h"
#include "pipeline/items.h"

namespace kvs::lab {
namespace {

using pipeline::kBroadcastMac;
using pipeline::kGatewayMac;
using Rows = std::vector<Row>;
using Frames = std::vector<Bytes>;

constexpr Mac kAllNodesMac{{0x33, 0x33, 0, 0, 0, 1}};

Ip4 Four(const Actor& actor) { return actor.ip(Family::kIpv4).v4(); }

// ---- ARP (RFC 826, RFC 5227) ----

struct ArpClaim {
  std::string name;
  Mac eth_src;
  Arp arp;
};

// To everybody, to the other pod, to the switch. The mark is in the padding.
Row ArpRow(const Hosts& hosts, const ArpClaim& claim) {
  return {"ARP: " + claim.name, hosts.a.name, "", [&hosts, claim](const Bytes& mark) {
            Frames frames;
            for (const Mac& dst : {kBroadcastMac, hosts.b.mac, kGatewayMac})
              frames.push_back(
                  Ethernet(claim.eth_src, dst, kEthArp, Concat({ArpPacket(claim.arp), mark})));
            return frames;
          }};
}

void AddArp(const Hosts& hosts, Rows& rows) {
  const Mac own = hosts.a.mac;
  const Arp honest{.sender_mac = own, .sender_ip = Four(hosts.a), .target_ip = pipeline::kNextHop4};
  const auto lie = [&](const std::string& name, auto change) {
    ArpClaim claim{name, own, honest};
    change(claim);
    rows.push_back(ArpRow(hosts, claim));
  };
  rows.push_back(ArpRow(hosts, {"honest request for the next hop", own, honest}));
  rows.back().to = hosts.a.name;  // the switch answers, and nobody else hears it
  for (const Ip& target : {hosts.b.ip(Family::kIpv4), hosts.c.ip(Family::kIpv4),
                           Hosts::Gateway(hosts.a, Family::kIpv4)})
    lie(fmt::format("request for {}", target), [&](ArpClaim& c) { c.arp.target_ip = target.v4(); });

  const std::pair<const char*, Ip> others[] = {
      {"another pod", hosts.b.ip(Family::kIpv4)},
      {"a remote pod", hosts.c.ip(Family::kIpv4)},
      {"the gateway", Hosts::Gateway(hosts.a, Family::kIpv4)},
      {"the virtual next hop", pipeline::NextHop(Family::kIpv4)},
      {"the node", hosts.node1.ip(Family::kIpv4)},
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
    for (const Mac& mac : {hosts.b.mac, kGatewayMac, kBroadcastMac, Mac()}) {
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
    c.eth_src = c.arp.sender_mac = hosts.b.mac;
    c.arp.sender_ip = Four(hosts.b);
  });
  lie("a reply that nobody asked for", [&](ArpClaim& c) {
    c.arp.op = 2;
    c.arp.target_mac = hosts.b.mac;
  });
  lie("a request for its own address", [&](ArpClaim& c) { c.arp.target_ip = Four(hosts.a); });
  lie("a request for the world", [&](ArpClaim& c) { c.arp.target_ip = Four(hosts.outside); });
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
Row NdRow(const Hosts& hosts, const NdClaim& claim) {
  return {"ND: " + claim.name, hosts.a.name, "", [&hosts, claim](const Bytes& mark) {
            Frames frames;
            for (const auto& [dst, mac] :
                 {std::pair(Address("ff02::1"), kAllNodesMac),
                  std::pair(hosts.b.ip(Family::kIpv6), hosts.b.mac),
                  std::pair(Hosts::Gateway(hosts.a, Family::kIpv6), kGatewayMac),
                  std::pair(hosts.node1.ip(Family::kIpv6), kGatewayMac)}) {
              Bytes message = Icmp6(claim.src, dst, claim.type, claim.code, NdBody(claim, mark));
              uint8_t next = kProtocolIcmp6;
              if (claim.extension) {
                message = Ip6Extension(*claim.extension, next, message);
                next = *claim.extension;
              }
              frames.push_back(Ethernet(hosts.a.mac, mac, kEthIp6,
                                        IpPacket(claim.src, dst, next, message, 255)));
            }
            return frames;
          }};
}

void AddNeighborDiscovery(const Hosts& hosts, Rows& rows) {
  const Ip own = hosts.a.ip(Family::kIpv6);
  const std::pair<uint8_t, const char*> types[] = {{kRouterSolicitation, "router solicitation"},
                                                   {kRouterAdvertisement, "router advertisement"},
                                                   {kAdvertisement, "neighbour advertisement"},
                                                   {kRedirect, "redirect"}};
  const std::pair<const char*, Ip> sources[] = {
      {"itself", own},
      {"another pod", hosts.b.ip(Family::kIpv6)},
      {"the gateway", Hosts::Gateway(hosts.a, Family::kIpv6)},
      {"the virtual next hop", pipeline::NextHop(Family::kIpv6)},
      {"nobody", Ip(Ip6{})}};
  for (const auto& [type, name] : types) {
    for (const auto& [who, src] : sources) {
      const NdClaim claim{fmt::format("{} from {}", name, who),
                          type,
                          0,
                          hosts.a.mac,
                          src,
                          hosts.b.ip(Family::kIpv6)};
      rows.push_back(NdRow(hosts, claim));
    }
    NdClaim claim{fmt::format("{} of code 1", name), type, 1, hosts.a.mac, own,
                  hosts.b.ip(Family::kIpv6)};
    rows.push_back(NdRow(hosts, claim));
    for (const uint8_t extension : {kProtocolHopByHop, kProtocolDestinationOptions}) {
      claim.code = 0;
      claim.extension = extension;
      claim.name = fmt::format("{} behind extension header {}", name, extension);
      rows.push_back(NdRow(hosts, claim));
    }
  }
  const auto solicitation = [&](const char* name, const Ip& src, const Mac& link,
                                const Ip& target) {
    rows.push_back(NdRow(hosts, {name, kSolicitation, 0, link, src, target}));
  };
  const Ip gateway = Hosts::Gateway(hosts.a, Family::kIpv6),
           next_hop = pipeline::NextHop(Family::kIpv6);
  solicitation("solicitation from another pod", hosts.b.ip(Family::kIpv6), hosts.a.mac, next_hop);
  solicitation("solicitation from the gateway", gateway, hosts.a.mac, next_hop);
  solicitation("solicitation with another pod's MAC", own, hosts.b.mac, next_hop);
  solicitation("solicitation for another pod", own, hosts.a.mac, hosts.b.ip(Family::kIpv6));
  solicitation("solicitation for its own address", own, hosts.a.mac, own);
  solicitation("duplicate address detection", Ip(Ip6{}), hosts.a.mac, hosts.b.ip(Family::kIpv6));
}

// ---- DHCP servers (RFC 2131, RFC 8415): true addresses, a part that no pod may play ----

void AddServers(const Hosts& hosts, Rows& rows) {
  struct Server {
    const char* name;
    Family family;
    uint16_t from, to;
  };
  for (const Server& server : {Server{"a DHCP server", Family::kIpv4, 67, 68},
                               Server{"a DHCPv6 server", Family::kIpv6, 547, 546}}) {
    rows.push_back(
        {server.name, hosts.a.name, "", [&hosts, server](const Bytes& mark) {
           const Ip src = hosts.a.ip(server.family);
           const Ip everybody =
               Address(server.family == Family::kIpv6 ? "ff02::1" : "255.255.255.255");
           Frames frames;
           for (const Ip& dst :
                {hosts.b.ip(server.family), everybody, Hosts::Gateway(hosts.a, server.family)})
             frames.push_back(Ethernet(
                 hosts.a.mac, kBroadcastMac, server.family == Family::kIpv6 ? kEthIp6 : kEthIp4,
                 IpPacket(src, dst, kProtocolUdp, Udp(src, dst, server.from, server.to, mark))));
           return frames;
         }});
  }
}

}  // namespace

std::vector<Row> NeighbourRows(const Hosts& hosts) {
  Rows rows;
  AddArp(hosts, rows);
  AddNeighborDiscovery(hosts, rows);
  AddServers(hosts, rows);
  return rows;
}

}  // namespace kvs::lab
