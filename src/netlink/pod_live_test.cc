#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "netlink/address.h"
#include "netlink/interface.h"
#include "netlink/live_room.h"
#include "netlink/route.h"
#include "netlink/veth.h"

// Two pods on a host that routes between them, as a node without a switch would: what the plugin
// sets up must carry packets.
namespace kvs::netlink {
namespace {

constexpr Mac kGatewayMac{{0x0a, 0x58, 0xa9, 0xfe, 1, 1}};

Ip ParseIp(std::string_view text) { return *Ip::Parse(text); }

class PodLive : public ::testing::Test {
 protected:
  PodLive() {
    Must(host_.in().Run([]() -> Result<> {
      if (auto set = WriteSysctl("net/ipv6/conf/all/forwarding", "1"); !set) return set;
      return WriteSysctl("net/ipv4/ip_forward", "1");
    }));
    Must(host_.socket().Do(SetLink("lo", {.up = true})));
    Attach(a_, "kv5", 5);
    Attach(b_, "kv6", 6);
  }

  PodEnd EndOf(int index) {
    PodEnd end{.addresses = {ParseIp(fmt::format("10.1.1.{}", index)),
                             ParseIp(fmt::format("fd00::{}", index))},
               .gateways = {ParseIp("169.254.1.1"), ParseIp("fe80::a:1")},
               .gateway_mac = kGatewayMac,
               .routes = {}};
    for (const Ip& gateway : end.gateways)
      end.routes.push_back({.destination = Prefix(gateway, 0), .via = gateway, .onlink = true});
    return end;
  }

  void Attach(LiveRoom& pod, const std::string& name, int index) {
    const Mac mac{{0x0a, 0x58, 10, 1, 1, static_cast<uint8_t>(index)}};
    const Veth veth{.name = name, .mac = kGatewayMac, .peer_name = "eth0", .peer_mac = mac};
    Must(CreateVeth(host_.socket(), veth, pod.in()));
    const PodEnd end = EndOf(index);
    Must(pod.socket().Do(ConfigurePodEnd(Must(FindLink(pod.socket(), "eth0")).index, end)));
    const int link = Must(FindLink(host_.socket(), name)).index;
    for (const Ip& ip : end.addresses) {
      Must(host_.socket().Do(AddNeighbour({.link = link, .ip = ip, .mac = mac})));
      Must(host_.socket().Do(AddRoute({.destination = Prefix::Host(ip), .link = link})));
    }
  }

  LiveRoom host_{"host"}, a_{"a"}, b_{"b"};
};

TEST_F(PodLive, PacketsFlowBetweenPodsAtOnce) {
  EXPECT_TRUE(a_.Shell("ping -q -c 3 -i 0.05 -W 2 10.1.1.6 >/dev/null"));
  EXPECT_TRUE(a_.Shell("ping -q -c 3 -i 0.05 -W 2 fd00::6 >/dev/null"));
  EXPECT_TRUE(b_.Shell("ping -q -c 3 -i 0.05 -W 2 fd00::5 >/dev/null"));
  EXPECT_FALSE(a_.Shell("ping -q -c 1 -W 1 10.1.1.7 >/dev/null"));
}

TEST_F(PodLive, EndIsAsAsked) {
  Socket& socket = a_.socket();
  const Link link = Must(FindLink(socket, "eth0"));
  EXPECT_TRUE(link.up && link.carrier);
  EXPECT_TRUE(Must(FindLink(socket, "lo")).up);
  const auto addresses = Must(DumpAddresses(socket, link.index));
  for (const Ip& ip : EndOf(5).addresses) {
    const Address expected{
        .link = link.index, .ip = ip, .length = ip.bits(), .no_dad = true, .no_prefix_route = true};
    EXPECT_EQ(std::count(addresses.begin(), addresses.end(), expected.AsShown()), 1)
        << ip.ToString();
  }
  const auto routes = Must(DumpRoutes(socket, kRouteProtocol));
  ASSERT_EQ(routes.size(), 2u);
  for (const Route& route : routes) {
    EXPECT_EQ(route.destination.length(), 0);
    EXPECT_TRUE(route.onlink);
    EXPECT_EQ(route.link, link.index);
  }
  EXPECT_EQ(routes[0].via, ParseIp("169.254.1.1"));
  EXPECT_EQ(routes[1].via, ParseIp("fe80::a:1"));
  const auto neighbours = Must(DumpNeighbours(socket, link.index));
  for (const Ip& gateway : EndOf(5).gateways) {
    const Neighbour expected{.link = link.index, .ip = gateway, .mac = kGatewayMac};
    EXPECT_EQ(std::count(neighbours.begin(), neighbours.end(), expected), 1);
  }
}

TEST_F(PodLive, RoutesThatAreThereStay) {
  Socket& socket = a_.socket();
  const auto before = Must(DumpRoutes(socket, kRouteProtocol));
  Must(CreateVeth(host_.socket(), {.name = "kv8", .peer_name = "net1"}, a_.in()));
  const auto second = ConfigurePodEnd(Must(FindLink(socket, "net1")).index, EndOf(8));
  const auto refusals = socket.Try(second);
  ASSERT_EQ(refusals.size(), 2u) << "the routes, and nothing else";
  for (const Refusal& refusal : refusals) EXPECT_EQ(refusal.error.code, EEXIST);
  EXPECT_EQ(Must(DumpRoutes(socket, kRouteProtocol)), before);
}

TEST_F(PodLive, SaysThatIpv6IsOff) {
  LiveRoom c("c");
  Must(c.in().Run([] { return WriteSysctl("net/ipv6/conf/default/disable_ipv6", "1"); }));
  Must(CreateVeth(host_.socket(), {.name = "kv7", .peer_name = "eth0"}, c.in()));
  const int link = Must(FindLink(c.socket(), "eth0")).index;
  PodEnd end = EndOf(7);
  const auto refused = c.socket().Do(ConfigurePodEnd(link, end));
  EXPECT_EQ(Code(refused), EACCES);
  EXPECT_NE(refused.error().message.find("IPv6 is disabled"), std::string::npos)
      << refused.error().message;
  Must(c.in().Run([] { return WriteSysctl("net/ipv6/conf/eth0/disable_ipv6", "0"); }));
  end.routes.erase(end.routes.begin());  // IPv4's is there
  EXPECT_TRUE(c.socket().Do(ConfigurePodEnd(link, end)));
}

class RouteLive : public ::testing::Test {
 protected:
  RouteLive() {
    Must(socket_.Do(CreateLink("d0", "bridge")));
    link_ = Must(FindLink(socket_, "d0")).index;
    Must(socket_.Do(SetLink(link_, {.up = true})));
    Must(socket_.Do(SetLink("lo", {.up = true})));
  }

  LiveRoom room_{"route"};
  Socket& socket_ = room_.socket();
  int link_ = 0;
};

TEST_F(RouteLive, ReadsBackAsShown) {
  Must(socket_.Do(AddAddress({.link = link_, .ip = ParseIp("10.1.1.1"), .length = 32})));
  Must(socket_.Do(
      AddAddress({.link = link_, .ip = ParseIp("fd00::1"), .length = 128, .no_dad = true})));
  const Ip via4 = ParseIp("169.254.1.1"), via6 = ParseIp("fe80::a:1");
  std::vector<Route> routes = {
      {.destination = *Prefix::Parse("10.1.0.0/16"),
       .link = link_,
       .via = via4,
       .source = ParseIp("10.1.1.1"),
       .onlink = true},
      {.destination = *Prefix::Parse("fd00::/16"),
       .link = link_,
       .via = via6,
       .source = ParseIp("fd00::1"),
       .onlink = true},
      {.destination = *Prefix::Parse("10.2.0.0/16"), .link = link_, .metric = 77},
      {.destination = *Prefix::Parse("fd02::/32"), .link = link_},
      {.destination = *Prefix::Parse("10.3.0.0/16"), .link = link_, .via = via6, .onlink = true},
      {.destination = *Prefix::Parse("10.4.0.0/16"), .link = link_, .table = 1000},
      {.destination = *Prefix::Parse("fd04::/32"), .link = link_, .table = 1000, .metric = 5},
      {.destination = *Prefix::Parse("10.5.0.0/16"), .type = RTN_BLACKHOLE},
      {.destination = *Prefix::Parse("fd05::/32"), .type = RTN_BLACKHOLE},
      {.destination = *Prefix::Parse("0.0.0.0/0"), .link = link_, .protocol = RTPROT_STATIC},
  };
  for (Route& route : routes) {
    Must(socket_.Do(AddRoute(route)));
    EXPECT_EQ(Code(socket_.Do(AddRoute(route))), EEXIST);
    route = route.AsShown();
  }
  auto shown = Must(DumpRoutes(socket_, kRouteProtocol));
  routes.pop_back();  // of another protocol
  std::sort(routes.begin(), routes.end());
  std::sort(shown.begin(), shown.end());
  ASSERT_EQ(shown.size(), routes.size());
  for (size_t i = 0; i < routes.size(); ++i)
    EXPECT_EQ(shown[i], routes[i]) << routes[i].destination.ToString();
  for (const Route& route : shown) EXPECT_TRUE(socket_.Do(DeleteRoute(route)));
  EXPECT_TRUE(Must(DumpRoutes(socket_, kRouteProtocol)).empty());
  const auto gone = socket_.Do(DeleteRoute(shown.front()));
  EXPECT_EQ(Code(gone), ESRCH) << gone.error().message;
}

TEST_F(RouteLive, SeveralNextHopsReadAsNone) {
  ASSERT_TRUE(room_.Shell(
      "ip route add 10.6.0.0/16 proto 27 nexthop via 169.254.1.1 dev d0 onlink nexthop via "
      "169.254.1.2 dev d0 onlink"));
  const auto routes = Must(DumpRoutes(socket_, kRouteProtocol));
  ASSERT_EQ(routes.size(), 1u);
  EXPECT_EQ(routes[0].link, 0);
  EXPECT_EQ(routes[0].via, std::nullopt);
  EXPECT_TRUE(socket_.Do(DeleteRoute(routes[0])));
}

TEST_F(RouteLive, ReplacePutsOneInTheOthersPlace) {
  Route route{.destination = *Prefix::Parse("10.1.0.0/16"), .link = link_};
  Must(socket_.Do(ReplaceRoute(route)));
  route.via = ParseIp("169.254.1.1");
  route.onlink = true;
  Must(socket_.Do(ReplaceRoute(route)));
  EXPECT_EQ(Must(DumpRoutes(socket_, kRouteProtocol)), std::vector{route.AsShown()});
}

TEST_F(RouteLive, Addresses) {
  for (const char* ip : {"10.1.1.1", "fd00::1", "fe80::7"}) {
    Address address{.link = link_, .ip = ParseIp(ip), .length = 24, .no_dad = true};
    Must(socket_.Do(AddAddress(address)));
    EXPECT_EQ(Code(socket_.Do(AddAddress(address))), EEXIST);
    address.no_prefix_route = address.ip.is6();  // IPv4 keeps what it was born with
    Must(socket_.Do(ReplaceAddress(address)));
    const auto shown = Must(DumpAddresses(socket_, link_));
    EXPECT_EQ(std::count(shown.begin(), shown.end(), address.AsShown()), 1) << ip;
    Must(socket_.Do(DeleteAddress(address)));
    EXPECT_EQ(Code(socket_.Do(DeleteAddress(address))), EADDRNOTAVAIL);
  }
  EXPECT_EQ(Code(socket_.Do(AddAddress({.link = 4711, .ip = ParseIp("10.1.1.1"), .length = 32}))),
            ENODEV);
  EXPECT_GE(Must(DumpAddresses(socket_)).size(), 2u);  // those of lo
}

TEST_F(RouteLive, Neighbours) {
  for (const char* ip : {"169.254.1.1", "fe80::a:1"}) {
    Neighbour neighbour{.link = link_, .ip = ParseIp(ip), .mac = Mac{{2, 0, 0, 0, 0, 1}}};
    Must(socket_.Do(AddNeighbour(neighbour)));
    EXPECT_EQ(Code(socket_.Do(AddNeighbour(neighbour))), EEXIST);
    neighbour.mac = kGatewayMac;
    Must(socket_.Do(ReplaceNeighbour(neighbour)));
    EXPECT_EQ(Must(DumpNeighbours(socket_, link_)), std::vector{neighbour});
    EXPECT_TRUE(Must(DumpNeighbours(socket_, 1)).empty());
    Must(socket_.Do(DeleteNeighbour(neighbour)));
    EXPECT_EQ(Code(socket_.Do(DeleteNeighbour(neighbour))), ENOENT);
  }
}

}  // namespace
}  // namespace kvs::netlink
